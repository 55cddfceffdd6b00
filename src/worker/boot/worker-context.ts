import type { OtherProviders, Worker, WorkerProvider } from '../../../hooks/types.js';
import type { WorkerBoot } from '../../config/boot-messages.js';
import type { StopReason } from '../../contract/exit-reasons.js';
import type { InstrumentationState } from '../../contract/instrumentation-state.js';
import type { SpanAccount } from '../../contract/item-account.js';
import { createLog, type Log } from '../../contract/log.js';
import { eventLog } from '../../contract/log-events.js';
import type { SpanSource } from '../../contract/watched-span.js';

/** The worker its hooks see, and the two things only the runtime may do to it. */
export interface WorkerContext {
  readonly worker: Worker;
  /** Where the app is. */
  readonly app: {
    readonly script: string;
    readonly projectDir: string | undefined;
    /** Whether a tracer provider of the app takes the place of what the hooks register. */
    readonly yields: boolean;
  };
  setReason(reason: StopReason): void;
  /** What was registered last since this was asked last, if anything. */
  takeProvider(): { readonly provider: WorkerProvider; readonly others: OtherProviders } | undefined;
  /** Whether any provider was ever taken. */
  joined(): boolean;
  /** What a hook reported of this worker's spans, if any did. */
  account(): SpanAccount | undefined;
  /** `instanceId`, if anybody has asked for it. */
  knownAs(): string | undefined;
  /** A flush ended with spans that were not taken. */
  gaveUp(): boolean;
  /** What instruments this worker, as the hooks report it. */
  instrumentations(): readonly InstrumentationState[];
  /** Who lets others look at spans, if anybody does. */
  spans(): SpanSource | undefined;
  /** What the hooks expose as metrics, one text after the other; a source that fails is logged. */
  scrape(): Promise<string>;
}

export function createWorkerContext(boot: WorkerBoot): WorkerContext {
  let reason: StopReason | undefined;
  let registered: ReturnType<WorkerContext['takeProvider']>;
  const sources: (() => string | Promise<string>)[] = [];
  const instrumenting: (() => readonly InstrumentationState[])[] = [];
  let spans: SpanSource | undefined;
  let joined = false;
  let account: SpanAccount | (() => SpanAccount) | undefined;
  let gaveUp = false;
  const id = ownId();
  const log = logOf(boot);
  const worker: Worker = {
    slot: boot.slot,
    generation: boot.generation,
    pid: process.pid,
    get instanceId() {
      return id.ask();
    },
    name: boot.name,
    script: boot.script,
    predecessor: boot.predecessor,
    get reason() {
      return reason;
    },
    log,
    register: (provider, others = {}) => {
      registered = { provider, others };
    },
    report: (given, flush) => {
      account = given;
      gaveUp ||= flush?.gaveUp ?? false;
    },
    exposeMetrics: (source) => void sources.push(source),
    exposeInstrumentations: (source) => void instrumenting.push(source),
    exposeSpans: (source) => {
      spans = source;
    },
  };
  return {
    worker,
    app: { script: boot.script, projectDir: boot.projectDirs[0], yields: boot.telemetry === 'auto' },
    setReason: (given) => {
      reason ??= given;
    },
    takeProvider: () => {
      const given = registered;
      registered = undefined;
      joined ||= given !== undefined;
      return given;
    },
    joined: () => joined,
    account: () => (typeof account === 'function' ? account() : account),
    instrumentations: () => instrumenting.flatMap((source) => source()),
    spans: () => spans,
    scrape: () => scrapeAll(sources, log),
    gaveUp: () => gaveUp,
    knownAs: id.known,
  };
}

/** Made when somebody asks: node:crypto costs 10 ms, and a worker without telemetry is not asked. */
function ownId() {
  let id: string | undefined;
  return {
    ask: () => {
      id ??= process.getBuiltinModule('node:crypto').randomUUID();
      return id;
    },
    known: () => id,
  };
}

function logOf({ logFormat, logLevel, color, slot }: WorkerBoot): Log {
  return createLog({
    format: logFormat,
    level: logLevel,
    color,
    sink: (line) => void process.stderr.write(line),
    label: `kf-cluster:${slot}`,
    ...(logFormat === 'json' && { fields: { slot, pid: process.pid } }),
  });
}

async function scrapeAll(sources: readonly (() => string | Promise<string>)[], log: Log): Promise<string> {
  const texts = sources.map(async (source) => {
    try {
      return await source();
    } catch (error) {
      eventLog(log, 'metrics-source-failed').error('a source of metrics failed', { error: String(error) });
      return '';
    }
  });
  return (await Promise.all(texts)).join('\n');
}
