/**
 * CPU per span from its start to its acknowledgement: the stock pipeline and ours in each mode, interleaved in one run.
 * `node dist/bench/overhead-lib.js [rounds] [spans] [spans per turn]`. Each measurement is a process of its own; the
 * collector (grpc-js, decodes nothing) is another. Absolute figures belong to the machine: read the ratios.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as grpc from '@grpc/grpc-js';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider, type SpanProcessor } from '@opentelemetry/sdk-trace-node';
import { connector, createSpool, type SpoolOptions } from '../src/telemetry/spool/index.js';

const VARIANTS = ['stock', 'memory', 'spool', 'journal per batch', 'journal per span'] as const;
const WARM_UP = 50_000;
type Variant = (typeof VARIANTS)[number];

interface Work {
  readonly variant: Variant;
  readonly url: string;
  readonly spans: number;
  readonly perTurn: number;
}

const role = process.argv[2];
if (role === 'collector') await collect();
else if (role === 'worker') await measure(JSON.parse(process.argv[3]!) as Work);
else await compare(Number(role ?? 5), Number(process.argv[3] ?? 50_000), Number(process.argv[4] ?? 10));

async function compare(rounds: number, spans: number, perTurn: number): Promise<void> {
  const self = fileURLToPath(import.meta.url);
  const collector = fork(self, ['collector']);
  const [url] = (await once(collector, 'message')) as [string];
  const figures = new Map<Variant, number[]>(VARIANTS.map((variant) => [variant, []]));
  for (let round = 0; round < rounds; round++) {
    for (const variant of VARIANTS) {
      const worker = fork(self, ['worker', JSON.stringify({ variant, url, spans, perTurn })]);
      const [micros] = (await once(worker, 'message')) as [number];
      figures.get(variant)!.push(micros);
      await once(worker, 'exit');
    }
  }
  const stock = median(figures.get('stock')!);
  console.log(`${spans} spans, ${perTurn} per turn, ${rounds} rounds, Node ${process.version}`);
  for (const [variant, values] of figures) {
    const middle = median(values);
    const range = `${Math.min(...values).toFixed(1)}-${Math.max(...values).toFixed(1)}`;
    console.log(`${variant.padEnd(18)} ${middle.toFixed(2)} us/span (${range})  ${(middle / stock).toFixed(2)}x stock`);
  }
  collector.kill();
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

async function measure({ variant, url, spans, perTurn }: Work): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'kf-overhead-'));
  const { processor, flush } = pipeline(variant, url, join(dir, 'spool'));
  const resource = resourceFromAttributes({ 'service.name': 'bench', 'service.instance.id': 'a', 'host.name': 'b' });
  const tracer = new NodeTracerProvider({ resource, spanProcessors: [processor] }).getTracer('bench');
  const end = (count: number) => {
    for (let i = 0; i < count; i++) {
      const attributes = { 'http.request.method': 'GET', 'url.path': '/some/path', 'http.response.status_code': 200 };
      tracer.startSpan('GET /some/path', { kind: 1, attributes }).end();
    }
  };
  const run = async (total: number) => {
    for (let done = 0; done < total; done += perTurn) {
      end(perTurn);
      // Ten busy turns, then a pause: a server under load, slow enough for the stock queue not to overflow.
      const pause = (done / perTurn) % 10 === 9;
      await new Promise<void>((resolve) => (pause ? setTimeout(resolve, 1) : setImmediate(resolve)));
    }
    await flush();
  };
  // A worker lives for hours: compiling the pipeline is no part of its cost per span.
  await run(WARM_UP);
  const before = process.cpuUsage();
  await run(spans);
  const { user, system } = process.cpuUsage(before);
  rmSync(dir, { recursive: true });
  process.send?.((user + system) / spans, () => process.exit(0));
}

function pipeline(
  variant: Variant,
  url: string,
  dir: string,
): { processor: SpanProcessor; flush: () => Promise<unknown> } {
  if (variant === 'stock') {
    const processor = new BatchSpanProcessor(new OTLPTraceExporter({ url }));
    return { processor, flush: () => processor.forceFlush() };
  }
  const urls = { traces: url, logs: url, metrics: url };
  const fail = (text: string) => {
    throw new Error(text);
  };
  const spool = createSpool({
    delivery: variant.startsWith('journal') ? 'journal' : (variant as SpoolOptions['delivery']),
    journalPer: variant === 'journal per span' ? 'span' : 'batch',
    dir,
    encoding: 'protobuf',
    connect: connector({ protocol: 'grpc', urls, headers: {}, compression: 'none', userAgent: 'bench' }),
    warn: fail,
    onDrop: fail,
  });
  return { processor: spool.processor, flush: () => spool.flush(30_000) };
}

async function collect(): Promise<void> {
  const server = new grpc.Server({ 'grpc.max_receive_message_length': 64 << 20 });
  const pass = (bytes: Buffer) => bytes;
  const codec = {
    requestSerialize: pass,
    requestDeserialize: pass,
    responseSerialize: pass,
    responseDeserialize: pass,
  };
  const path = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
  const service = { export: { path, requestStream: false, responseStream: false, ...codec } } as const;
  const answer = (_: unknown, done: grpc.sendUnaryData<Buffer>) => done(null, Buffer.alloc(0));
  server.addService(service, { export: answer });
  server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
    if (error) throw error;
    process.send?.(`http://127.0.0.1:${port}`);
  });
}
