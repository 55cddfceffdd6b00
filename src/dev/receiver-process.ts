import type { HelperMessage, HelperRequest } from './helper-messages.js';
import { renderAddendum, renderTrace } from './line.js';
import { wantsColor } from './paint.js';
import { startReceiver } from './receiver.js';
import { createStore } from './span-store.js';
import { watchTraces } from './traces.js';

// The receiver of `kf-cluster dev`, a process of its own: the primary holds no gRPC and no spans.

// Ctrl-C and pm2 signal the whole group, but the last flush of the workers is still to come: only the primary ends us.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
// A reader that is gone (`| head`, a dead primary) is no reason to lose the counts.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

const color = wantsColor(process.env, process.stdout);
/** Of a reader that does not read, in bytes. */
const MAX_UNREAD = 4 << 20;
let unread = 0;
const print = (line: string) => {
  if (process.stdout.writableLength > MAX_UNREAD) unread += 1;
  else process.stdout.write(`${line}\n`);
};
const store = createStore();
const traces = watchTraces({
  onFinished: (trace) => print(renderTrace(trace, color)),
  onLate: (spans) => print(renderAddendum(spans, color)),
});
const receiver = await startReceiver({ onTraces: (spans) => traces.add(store.add(spans)) });

process.on('message', (message: HelperRequest) => {
  if (message.type === 'finish') void finish();
});
process.once('disconnect', () => void end());
// The primary may have gone while we loaded.
if (process.connected) send({ type: 'listening', grpcUrl: receiver.grpcUrl, httpUrl: receiver.httpUrl });
else await end();

async function finish(): Promise<void> {
  traces.close();
  send({ type: 'summary', counts: { ...store.counts(), refusals: receiver.refusals, unread } }, () =>
    process.disconnect(),
  );
}

/** Leaves when the last line is out: whatever a connection still holds must not keep the process. */
async function end(): Promise<void> {
  traces.close();
  await receiver.close();
  process.stdout.write('', () => process.exit());
}

function send(message: HelperMessage, sent: () => void = () => undefined): void {
  process.send?.(message, undefined, undefined, sent);
}
