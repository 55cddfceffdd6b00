import type { SpanRecord } from '../model.js';
import type { Lane, LanePhase, Mark, NowView, WorkerRef } from '../page-api.js';
import type { Origin } from '../store/origin.js';
import { Latencies } from './latencies.js';
import { round, seconds } from './red.js';

/** Shown, in seconds. */
const SHOWN = 300;
/** Of a clock that is ahead of ours. */
const AHEAD = 5;
const MOST_LANES = 256;
const MOST_PHASES = 200;
const MOST_MARKS = 200;
/** Of all senders that are no workers of ours. */
const OTHERS = -1;

type Phase = { -readonly [K in keyof Lane['phases'][number]]: Lane['phases'][number][K] };

interface LaneData {
  readonly requests: Map<number, Latencies>;
  readonly samples: Map<number, { readonly loopDelay: number | null; readonly memory: number | null }>;
  phases: Phase[];
}

/** The last five minutes, by slot and second. */
export interface Now {
  addSpan(span: SpanRecord, origin: Origin): void;
  sample(slot: number, loopDelay: number | undefined, memory: number | undefined): void;
  phase(worker: WorkerRef & { readonly slot: number }, phase: LanePhase, at: number): void;
  mark(mark: Mark): void;
  read(): NowView;
}

export function createNow(now: () => number = seconds): Now {
  const lanes = new Map<number, LaneData>();
  const marks: Mark[] = [];
  const laneOf = (slot: number): LaneData | undefined => {
    const known = lanes.get(slot);
    if (known !== undefined || lanes.size >= MOST_LANES) return known;
    const made: LaneData = { requests: new Map(), samples: new Map(), phases: [] };
    lanes.set(slot, made);
    return made;
  };
  return {
    addSpan: ({ kind, startNs, endNs }, { worker }) => {
      const second = Number(endNs / 1_000_000_000n);
      if (kind !== 'server' || second <= now() - SHOWN || second > now() + AHEAD) return;
      const lane = laneOf(worker.slot ?? OTHERS);
      if (lane === undefined) return;
      const latencies = lane.requests.get(second) ?? new Latencies();
      lane.requests.set(second, latencies);
      latencies.add(Number(endNs - startNs) / 1e6);
      forget(lane.requests, now());
    },
    sample: (slot, loopDelay = Number.NaN, memory = Number.NaN) => {
      const lane = laneOf(slot);
      const numberOf = (value: number) => (Number.isFinite(value) ? round(value) : null);
      lane?.samples.set(now(), { loopDelay: numberOf(loopDelay), memory: numberOf(memory) });
      if (lane !== undefined) forget(lane.samples, now());
    },
    phase: (worker, phase, at) => {
      const lane = laneOf(worker.slot);
      if (lane !== undefined) lane.phases = withPhase(lane.phases, worker, phase, at);
    },
    mark: (mark) => {
      marks.push(mark);
      if (marks.length > MOST_MARKS) marks.shift();
    },
    read: () => {
      const until = now();
      const shown = Array.from({ length: SHOWN }, (_, at) => until - SHOWN + 1 + at);
      return {
        seconds: shown.map((second) => second * 1_000),
        lanes: [...lanes].sort(([a], [b]) => a - b).map(([slot, lane]) => readLane(slot, lane, shown)),
        marks: marks.filter(({ at }) => at > (until - SHOWN) * 1_000),
      };
    },
  };
}

/** What is no longer shown, by second. */
function forget(data: Map<number, unknown>, now: number): void {
  if (data.size <= SHOWN + AHEAD) return;
  for (const second of data.keys()) if (second <= now - SHOWN) data.delete(second);
}

/** The phase of a worker that begins ends the one before. */
function withPhase(phases: readonly Phase[], worker: WorkerRef, phase: LanePhase, at: number): Phase[] {
  const open = phases.find(
    (one) => one.worker.pid === worker.pid && one.to === undefined && one.worker.generation === worker.generation,
  );
  if (open?.phase === phase) return [...phases];
  if (open !== undefined) open.to = at;
  return [...phases, { from: at, phase, worker, ...(phase === 'exited' && { to: at }) }].slice(-MOST_PHASES);
}

function readLane(slot: number, { requests, samples, phases }: LaneData, shown: readonly number[]): Lane {
  const percentile = (share: number) =>
    shown.map((second) => {
      const value = requests.get(second)?.percentile(share);
      return value === undefined ? null : round(value);
    });
  return {
    slot,
    phases: phases.filter(({ to }) => to === undefined || to > (shown[0] ?? 0) * 1_000),
    requests: shown.map((second) => requests.get(second)?.total ?? 0),
    p50: percentile(0.5),
    p95: percentile(0.95),
    p99: percentile(0.99),
    loopDelay: shown.map((second) => samples.get(second)?.loopDelay ?? null),
    memory: shown.map((second) => samples.get(second)?.memory ?? null),
  };
}
