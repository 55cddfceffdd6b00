import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What has arrived so far. */
export interface Receiver {
  readonly url: string;
  /** Names of the scopes of spans, in the order in which they came. */
  readonly spans: string[];
  /** The same of log records. */
  readonly logs: string[];
  close(): void;
}

interface Scoped {
  readonly scope?: { readonly name?: string };
}

interface Export {
  readonly resourceSpans?: readonly { readonly scopeSpans?: readonly Scoped[] }[];
  readonly resourceLogs?: readonly { readonly scopeLogs?: readonly Scoped[] }[];
}

/** An OTLP receiver for http/json. */
export async function openReceiver(): Promise<Receiver> {
  const spans: string[] = [];
  const logs: string[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body: Export = JSON.parse(Buffer.concat(chunks).toString());
    spans.push(...namesOf(body.resourceSpans?.flatMap(({ scopeSpans = [] }) => scopeSpans)));
    logs.push(...namesOf(body.resourceLogs?.flatMap(({ scopeLogs = [] }) => scopeLogs)));
    response.setHeader('content-type', 'application/json').end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${port}`, spans, logs, close };
}

function namesOf(scoped: readonly Scoped[] = []): string[] {
  return scoped.map(({ scope }) => scope?.name ?? '');
}
