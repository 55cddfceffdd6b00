import { useEffect, useRef, useState } from 'preact/hooks';
import { address, replace } from '../data/address.js';
import { source } from '../data/connection.js';
import { refusal } from '../data/state.js';

const TYPING_MS = 200;
/** An exported session has the rows, and not what the terms of a filter are asked of. */
const PLAIN = 'recorded session: words that all occur in a row';

/** The filter of the open view; what is wrong with it is shown below the character where it is wrong. */
export function FilterBox({ hint }: { readonly hint: string }) {
  const { view, filter } = address.value;
  const [text, setText] = useState(filter);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => setText(filter), [filter]);
  const search = (next: string) => {
    setText(next);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => replace({ view, filter: next }), TYPING_MS);
  };
  const wrong = refusal.value;
  return (
    <div class="filter">
      <input
        type="search"
        aria-label="Filter"
        aria-invalid={wrong !== undefined}
        aria-describedby="filter-help"
        placeholder={source.live ? hint : PLAIN}
        spellcheck={false}
        autocomplete="off"
        value={text}
        onInput={(event) => search(event.currentTarget.value)}
        onKeyDown={(event) => event.key === 'Escape' && event.currentTarget.blur()}
      />
      {wrong && (
        <p id="filter-help" class="refusal" role="alert">
          <code aria-hidden="true">
            {text.slice(0, wrong.at)}
            <mark>{text.slice(wrong.at, wrong.at + 1) || ' '}</mark>
            {text.slice(wrong.at + 1)}
          </code>
          <span>
            At {wrong.at + 1}: {wrong.what}. {wrong.fix}
          </span>
        </p>
      )}
    </div>
  );
}
