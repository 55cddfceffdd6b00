import type { ComponentType } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { address } from './data/address.js';
import { connection } from './data/connection.js';
import { hello } from './data/state.js';
import { Header } from './header.js';
import { HelpDialog } from './help-dialog.js';
import { notice } from './parts/notice.js';
import { Refused } from './refused.js';
import { TraceView } from './trace/trace-view.js';
import { ErrorsView } from './views/errors-view.js';
import { LintsView } from './views/lints-view.js';
import { LogsView } from './views/logs-view.js';
import { MapView } from './views/map-view.js';
import { MetricsView } from './views/metrics-view.js';
import { NowView } from './views/now-view.js';
import { RoutesView } from './views/routes-view.js';
import { SupervisorView } from './views/supervisor-view.js';
import { TracesView } from './views/traces-view.js';
import type { ViewName } from './views.js';

const COMPONENTS = {
  now: NowView,
  traces: TracesView,
  routes: RoutesView,
  errors: ErrorsView,
  map: MapView,
  logs: LogsView,
  metrics: MetricsView,
  supervisor: SupervisorView,
  lints: LintsView,
} satisfies Record<ViewName, ComponentType>;

export function App() {
  const { view, id } = address.value;
  const main = useRef<HTMLElement>(null);
  // Another view begins at its top; the first one leaves the focus where the browser has it.
  useEffect(() => main.current?.scrollTo(0, 0), [view, id]);
  const View = COMPONENTS[view];
  return (
    <>
      <button type="button" class="skip" onClick={() => main.current?.focus()}>
        Skip to the content
      </button>
      <Header />
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <main id="main" ref={main} tabIndex={0} aria-busy={connection.value.state === 'connecting'}>
        {content()}
      </main>
      <p class="notice" role="status">
        {notice.value}
      </p>
      <HelpDialog />
    </>
  );

  function content() {
    if (connection.value.state === 'refused') return <Refused />;
    if (view === 'traces' && id !== undefined) return <TraceView traceId={id} key={id} />;
    return <View key={`${view} ${hello.value?.startedAt}`} />;
  }
}
