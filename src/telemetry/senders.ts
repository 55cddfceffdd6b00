import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import { createConsoleSender } from './console.js';
import type { Outcome, Sender } from './exporter.js';
import type { Headers } from './headers.js';
import type { ExportSettings, OtlpTarget } from './settings.js';

/** The sender for OTEL_TRACES_EXPORTER; undefined for `none`. With several, the first one's outcome is accounted. */
export function createSender(
  settings: ExportSettings,
  headers: Headers,
  labels: Record<string, number>,
): Sender | undefined {
  const senders = settings.exporters.map((name) =>
    name === 'console' ? createConsoleSender(labels) : lazy(() => loadOtlp(settings.otlp, headers)),
  );
  const [first, ...others] = senders;
  return first && others.length > 0 ? both(first, others) : first;
}

async function loadOtlp(target: OtlpTarget, headers: Headers): Promise<Sender> {
  if (target.protocol === 'grpc') return (await import('./otlp/grpc.js')).createGrpcSender(target.url, headers);
  return (await import('./otlp/http.js')).createHttpSender(target.protocol, target.url, headers);
}

/** gRPC alone takes longer to load than everything else a worker needs before its app, and no span needs it at boot. */
function lazy(load: () => Promise<Sender>): Sender {
  let loading: Promise<Sender> | undefined;
  const get = () => {
    loading ??= load();
    return loading;
  };
  return {
    send: async (spans) => {
      try {
        return await (await get()).send(spans);
      } catch (error) {
        return { rejected: 0, failure: describe(error) };
      }
    },
    warm: async () => void (await get()),
    shutdown: async () => {
      if (loading) await (await loading).shutdown();
    },
  };
}

function both(first: Sender, others: Sender[]): Sender {
  const all = [first, ...others];
  return {
    send: async (spans: ReadableSpan[]): Promise<Outcome> => {
      const outcomes = await Promise.all(all.map((sender) => sender.send(spans)));
      return outcomes[0]!;
    },
    warm: async () => void (await Promise.all(all.map((sender) => sender.warm()))),
    shutdown: async () => void (await Promise.all(all.map((sender) => sender.shutdown()))),
  };
}

/** The one line of an error that helps: a gRPC error's details, an HTTP error's code, else its message. */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { details, code } = error as { details?: unknown; code?: unknown };
  const text = typeof details === 'string' && details !== '' ? details : error.message;
  return code === undefined || text.includes(String(code)) ? text : `${code}: ${text}`;
}
