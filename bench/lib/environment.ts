import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Setting } from './contender.js';

export interface Tracing {
  /** The app sets the SDK up itself. */
  readonly sdk: boolean;
  /** Who makes the SERVER span. */
  readonly serverSpan: 'manual' | 'auto';
}

/** Sockets and spools of this bench; those of another supervisor of this user are none of its business. */
const place = mkdtempSync(join(tmpdir(), 'kf-bench-'));

/** The environment of an app; settings of the machine do not reach it. */
export function environment(setting: Setting, tracing: Tracing): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(OTEL_|KF_|NODE_|PM2_|WEB_CONCURRENCY)/.test(name));
  return {
    ...Object.fromEntries(kept),
    XDG_RUNTIME_DIR: place,
    XDG_STATE_HOME: place,
    NODE_ENV: 'production',
    PORT: String(setting.port),
    BENCH_WORKERS: String(setting.workers),
    BENCH_HANDLER_MS: String(setting.handlerMs),
    BENCH_PROTOCOL: setting.protocol ?? 'http',
    OTEL_EXPORTER_OTLP_ENDPOINT: setting.endpoint,
    ...(setting.careful && { BENCH_CAREFUL: '1' }),
    ...(setting.plainHandler && { BENCH_PLAIN: '1' }),
    ...(setting.ledger && { BENCH_LEDGER: setting.ledger }),
    ...(setting.tracing && { BENCH_SERVER_SPAN: tracing.serverSpan }),
    ...(setting.tracing && tracing.sdk && { BENCH_SDK: '1' }),
    ...setting.env,
  };
}
