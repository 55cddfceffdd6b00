import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { OTLPTraceExporter as GrpcExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtoExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider, type SpanExporter } from '@opentelemetry/sdk-trace-node';
import test from 'ava';
import type { RequestInfo } from '../../src/dev/intake.js';
import { type Receiver, startReceiver } from '../../src/dev/receiver.js';
import type { Owner } from '../helpers/cluster.js';
import { isHere, node24 } from '../helpers/nodes.js';
import { withOwnPackages } from '../helpers/own-packages.js';
import { receiverPorts } from '../helpers/raw.js';
import { createStore } from '../helpers/span-store.js';

async function start(owner: Owner) {
  const store = createStore();
  const requests: RequestInfo[] = [];
  const receiver = await startReceiver({
    ...(await receiverPorts()),
    onTraces: (spans, request) => {
      store.add(spans);
      requests.push(request);
    },
  });
  owner.teardown(receiver.close);
  return { receiver, store, requests };
}

/** Compression is an enum of the exporters' base package; its values are these words. */
type Options = { url: string; compression: never };
const EXPORTERS: Record<string, (receiver: Receiver, compression: never) => SpanExporter> = {
  grpc: ({ grpcUrl: url }, compression) => new GrpcExporter({ url, compression } satisfies Options),
  'http/protobuf': ({ httpUrl }, compression) => new ProtoExporter({ url: `${httpUrl}/v1/traces`, compression }),
  'http/json': ({ httpUrl }, compression) => new JsonExporter({ url: `${httpUrl}/v1/traces`, compression }),
};

for (const [protocol, create] of Object.entries(EXPORTERS)) {
  for (const compression of ['none', 'gzip']) {
    test(`SDK 2.x over ${protocol}, compression ${compression}`, async (t) => {
      const { receiver, store, requests } = await start(t);
      const exporter = create(receiver, compression as never);
      const provider = new NodeTracerProvider({
        resource: resourceFromAttributes({ 'service.name': 'sdk2', 'kf.worker.slot': 3, 'process.pid': 42 }),
        spanProcessors: [new BatchSpanProcessor(exporter)],
      });
      const tracer = provider.getTracer('sdk2-sender', '2.0.0');
      for (let index = 0; index < 5; index += 1) {
        const span = tracer.startSpan(`span ${index}`, { kind: SpanKind.CLIENT, attributes: { index, deep: [1, 2] } });
        span.recordException(new RangeError('out of dice'));
        span.setStatus({ code: SpanStatusCode.ERROR, message: 'failed' }).end();
      }
      await provider.shutdown();
      t.is(store.spans().length, 5);
      const [span] = store.spans();
      t.is(span?.kind, 'client');
      t.deepEqual(span?.status, { code: 'error', message: 'failed' });
      t.deepEqual(span?.attributes, { index: 0, deep: [1, 2] });
      t.is(span?.events[0]?.attributes['exception.type'], 'RangeError');
      t.true((span?.endNs ?? 0n) >= (span?.startNs ?? 1n));
      t.like(store.counts().workers[0], { slot: 3, pid: 42, received: 5 });
      t.is(requests[0]?.encoding, protocol === 'http/json' ? 'json' : 'protobuf');
    });
  }
}

for (const compression of ['none', 'gzip']) {
  test(`SDK 3.x on Node 24 over grpc, compression ${compression}`, async (t) => {
    const node = node24();
    if (!isHere(t, node)) return;
    const { receiver, store, requests } = await start(t);
    const sender = join(await withOwnPackages('test/fixtures/sdk3'), 'send.mjs');
    const { stderr } = await promisify(execFile)(node, [sender, receiver.grpcUrl, compression]);
    t.is(stderr, '');
    t.deepEqual(
      store.spans().map((span) => span.name),
      ['span 0', 'span 1', 'span 2', 'span 3', 'span 4'],
    );
    const [span] = store.spans();
    t.is(span?.kind, 'server');
    t.deepEqual(span?.attributes, { index: 0, list: ['a', 'b'] });
    t.is(span?.resource.attributes['service.name'], 'sdk3');
    t.is(span?.events[0]?.attributes['exception.message'], 'out of dice');
    t.regex(requests[0]?.headers['user-agent'] ?? '', /0\.301\.0/);
  });
}
