import { useEffect, useMemo, useState } from 'preact/hooks';
import { address, go, hrefOf } from '../data/address.js';
import { connection, source } from '../data/connection.js';
import type { TraceDetail } from '../data/contract.js';
import { traces } from '../data/state.js';
import { Empty, Waiting } from '../parts/empty.js';
import { useKeys } from '../parts/use-keys.js';
import { OpenTrace } from './open-trace.js';

/** A trace that is shown; `whole`: with its attributes. */
interface Opened {
  readonly detail: TraceDetail;
  readonly whole: boolean;
}
type Loaded = Opened | 'loading' | 'not held' | Error;

export function TraceView({ traceId }: { readonly traceId: string }) {
  const [trace, setTrace] = useState<Loaded>('loading');
  const { state } = connection.value;
  const back = () => go({ view: 'traces', filter: address.value.filter });
  useKeys([{ keys: ['Escape', 'u'], what: 'back to the traces', run: back }]);
  const row = traces.value?.find((one) => one.traceId === traceId);
  const grown = `${row?.spans} ${row?.duration}`;
  const waited = useLater(traceId);
  // While it is rendered, not after: the request is under way before what was shown is taken out of the document.
  useMemo(() => {
    // Again when the helper is back, or when its row says that it has grown.
    if (state !== 'live' && state !== 'session') return;
    if (waited && isOld(trace)) return;
    const onFrame = (detail: TraceDetail) => setTrace((old) => (isDetail(old) ? old : { detail, whole: false }));
    source.trace(traceId, onFrame).then(
      (detail) => setTrace(detail === undefined ? 'not held' : { detail, whole: true }),
      (cause: Error) => setTrace(cause),
    );
  }, [traceId, state, grown, waited]);
  if (trace === 'loading') return <Waiting />;
  if (trace instanceof Error) return <Empty title="The trace was not loaded">{trace.message}</Empty>;
  if (trace === 'not held') {
    return (
      <Empty title="This trace is not held">
        <p>It was let go for newer ones, or it is of another session.</p>
        <p>
          <a href={hrefOf({ view: 'traces' })}>All traces</a>
        </p>
      </Empty>
    );
  }
  return <OpenTrace trace={trace.detail} whole={trace.whole} back={back} />;
}

const isDetail = (trace: Loaded): trace is Opened => typeof trace === 'object' && !(trace instanceof Error);

const OLD_MS = 10_000;

/** Nothing is on its way any more; to load a large one twice would be felt. */
function isOld(trace: Loaded): boolean {
  const start = isDetail(trace) && trace.whole ? trace.detail.spans[0]?.start : undefined;
  return start !== undefined && Date.now() - start > OLD_MS;
}

const LATER_MS = 2000;

/** Turns true a moment after: logs of a trace that was just opened are sent apart from its spans. */
function useLater(traceId: string): boolean {
  const [later, setLater] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLater(true), LATER_MS);
    return () => clearTimeout(timer);
  }, [traceId]);
  return later;
}
