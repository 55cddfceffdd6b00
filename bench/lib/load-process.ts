import { Client } from './client.js';
import type { LoadReply, LoadRequest } from './load.js';

// The clients of a run, in a process of their own: what the driver does must not show in their latencies.

let clients: { readonly name: string; readonly client: Client }[] = [];

process.on('message', async (request: LoadRequest) => {
  if (request.type === 'start') {
    clients = request.clients.map((options) => ({ name: options.kind, client: new Client(options) }));
    for (const { client } of clients) client.start(request.phase);
    tell({ type: 'done' });
  } else if (request.type === 'phase') {
    for (const { client } of clients) client.phase(request.phase);
    tell({ type: 'done' });
  } else {
    const entries = await Promise.all(clients.map(async ({ name, client }) => [name, await client.stop()] as const));
    tell({ type: 'result', result: Object.fromEntries(entries) });
  }
});
process.on('disconnect', () => process.exit());

function tell(reply: LoadReply): void {
  process.send?.(reply);
}
