import { address, hrefOf } from './data/address.js';
import { type Connection, connection } from './data/connection.js';
import { hello } from './data/state.js';
import { bytes, digits } from './parts/format.js';
import { openHelp } from './parts/keys.js';
import { nextTheme, theme } from './parts/theme.js';
import { SessionMenu } from './session-menu.js';
import { VIEWS } from './views.js';

export function Header() {
  const { view } = address.value;
  return (
    <header>
      <div class="bar">
        <strong>{hello.value?.app ?? 'kf-cluster'}</strong>
        <ConnectionState />
        <Held />
        <span class="grow" />
        <SessionMenu />
        <button type="button" onClick={nextTheme} aria-label={`Colours: ${theme.value}`}>
          {{ system: '◐', light: '☀', dark: '☾' }[theme.value]}
        </button>
        <button type="button" onClick={openHelp} aria-label="Keys">
          ?
        </button>
      </div>
      <nav aria-label="Views">
        {VIEWS.map(({ name, title }, at) => (
          <a key={name} href={hrefOf({ view: name })} aria-current={view === name ? 'page' : undefined}>
            <kbd>{at + 1}</kbd>
            {title}
          </a>
        ))}
      </nav>
    </header>
  );
}

function ConnectionState() {
  const [kind, text] = describe(connection.value);
  return (
    <span class={`state ${kind}`} role="status">
      {text}
    </span>
  );
}

function describe(now: Connection): [kind: string, text: string] {
  switch (now.state) {
    case 'connecting':
      return ['', 'connecting'];
    case 'live':
      return ['good', 'live'];
    case 'session':
      return ['', 'recorded session'];
    case 'away':
      return ['bad', `kf-cluster dev does not answer; trying again (${now.attempt})`];
    case 'refused':
      return ['bad', 'refused'];
    case 'failed':
      return ['bad', now.message];
  }
}

/** How much is held, and what had to go for the cap of memory. */
function Held() {
  if (hello.value === undefined) return null;
  const { held, evicted } = hello.value;
  return (
    <span class="held muted">
      {digits(held.spans)} spans, {digits(held.logs)} logs, {bytes(held.bytes)} of {bytes(held.capBytes)}
      {evicted.spans + evicted.logs > 0 && (
        <span class="warn-text">
          {' '}
          (oldest let go: {digits(evicted.spans)} spans, {digits(evicted.logs)} logs)
        </span>
      )}
    </span>
  );
}
