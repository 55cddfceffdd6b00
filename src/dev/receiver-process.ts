import { wantsColor } from '../contract/color.js';
import type { HelperMessage, HelperOptions, HelperRequest } from './helper-messages.js';
import { renderAddendum, renderTrace } from './line.js';
import { createPrinter } from './printer.js';
import { startReceiver } from './receiver.js';
import { startPage } from './server/page-server.js';
import { record } from './session/record-session.js';
import { createSession } from './session/run-session.js';
import { SpanCounts } from './span-counts.js';
import { createTelemetryStore } from './store/telemetry-store.js';
import { watchTraces } from './traces.js';

// The receiver of `kf-cluster dev`, a process of its own: the primary holds no gRPC, no spans and no connection.

// Ctrl-C and pm2 signal the whole group, but the last flush of the workers is still to come: only the primary ends us.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
// A reader that is gone (`| head`, a dead primary) is no reason to lose the counts.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

const options = JSON.parse(process.argv[2] ?? '{}') as HelperOptions;
const color = wantsColor(process.stdout, process.env);
const { print, flush, unread } = createPrinter(process.stdout);
const store = createTelemetryStore();
const counts = new SpanCounts();
const { app = '', version = '', listenOnly = false } = options.page ?? {};
const session = createSession({
  store,
  about: { app, version, listenOnly, startedAt: Date.now() },
  received: () => counts.fromWorkers(),
});
const traces = watchTraces({
  onFinished: (trace) => {
    session.traceFinished(trace.spans);
    print(renderTrace(trace, color));
  },
  onLate: (spans) => print(renderAddendum(spans, color)),
});
const { sockets } = options;
const receiver = await startReceiver({
  ...(sockets && { grpcPort: { fd: sockets.grpc }, httpPort: { fd: sockets.http } }),
  onTraces: (spans) => {
    const fresh = new Set(store.addSpans(spans));
    for (const span of spans) counts.add(span, fresh.has(span));
    traces.add([...fresh]);
  },
  onLogs: (records) => store.addLogs(records),
  onMetrics: (metrics) => session.addMetrics(metrics),
});
const page = options.page && (await startPage(session, options.page.port));

process.on('message', (message: HelperRequest) => {
  if (message.type === 'finish') void finish(message.record);
  else session.supervisor(message.event);
});
process.once('disconnect', () => void end());
// The primary may have gone while we loaded.
if (process.connected) {
  const { grpcUrl, httpUrl } = receiver;
  send({ type: 'listening', grpcUrl, httpUrl, ...(page && { pageUrl: page.url }) });
} else await end();

async function finish(wanted: boolean): Promise<void> {
  traces.close();
  flush();
  const problem = options.record === undefined || !wanted ? undefined : await record(options.record, session);
  const all = { ...counts.all(store.evicted.spans), refusals: receiver.refusals, unread: unread() };
  send({ type: 'summary', counts: all, lints: session.lints(), ...(problem !== undefined && { problem }) }, () =>
    process.disconnect(),
  );
}

/** Leaves when the last line is out: whatever a connection still holds must not keep the process. */
async function end(): Promise<void> {
  traces.close();
  flush();
  await Promise.all([receiver.close(), page?.close()]);
  process.stdout.write('', () => process.exit());
}

function send(message: HelperMessage, sent: () => void = () => undefined): void {
  process.send?.(message, undefined, undefined, sent);
}
