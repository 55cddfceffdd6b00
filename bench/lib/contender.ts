export type Protocol = 'http' | 'https' | 'h2';

/** What one run asks of every contender. */
export interface Setting {
  readonly port: number;
  readonly workers: number;
  readonly tracing: boolean;
  /** Whether the app drains by itself at the signal. */
  readonly careful: boolean;
  /** How long the app takes to answer, in milliseconds. */
  readonly handlerMs: number;
  /** The collector. */
  readonly endpoint: string;
  /** Directory where the apps write the ids of ended spans. */
  readonly ledger?: string;
  /** What the app's server speaks; `h2` is HTTP/2 over TLS. */
  readonly protocol?: Protocol;
  /** The handler makes no span of its own while tracing is on: it is the one without tracing. */
  readonly plainHandler?: boolean;
  /** For ourselves only, beyond the defaults. */
  readonly flags?: readonly string[];
  /** Beyond the environment that all have; nothing of OTEL_* reaches them from the shell. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface Started {
  /** The process that holds the workers, or the app itself. */
  primary(): number;
  workers(): number[];
  /** Resolves when every worker listens. */
  allListening(): Promise<void>;
  /** Replaces all workers; resolves when the last old one has gone. Undefined: it cannot. */
  readonly reload: (() => Promise<void>) | undefined;
  /** Asks it to stop as its users would; resolves when nothing of it is left. */
  stop(): Promise<void>;
}

/** Someone who runs the same app. */
export interface Contender {
  readonly name: string;
  /** Resolves as soon as the command runs; the app may come much later. */
  start(setting: Setting): Promise<Started>;
}
