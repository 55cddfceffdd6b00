import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Tracer } from '@opentelemetry/api';
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { BatchSpanProcessor, NodeTracerProvider, type SpanProcessor } from '@opentelemetry/sdk-trace-node';
import { connector, createSpool } from '../../src/telemetry/outbox/index.js';
import { createResource } from '../../src/telemetry/resource.js';

/** Ways for a span from its end to its acknowledgement. */
export const VARIANTS = ['stock', 'memory', 'spool', 'upstream', 'journal per batch', 'journal per span'] as const;
export type Variant = (typeof VARIANTS)[number];

/** A provider as a worker has it, and what became of its spans. */
export interface Pipeline {
  readonly tracer: Tracer;
  /** Spans that the collector acknowledged so far. */
  acknowledged(): number;
  /** Resolves when all that ended is acknowledged; false if that takes longer than `ms`. */
  settle(ended: number, ms: number): Promise<boolean>;
  close(): void;
}

/** The batch settings are the specification's defaults for all of them. Drops and warnings of ours are ignored: they show in `acknowledged`. */
export function createPipeline(variant: Variant, url: string): Pipeline {
  const { processor, acknowledged, flush, close } = variant === 'stock' ? stock(url) : ours(variant, url);
  const worker = { slot: 0, generation: 1, pid: process.pid, instanceId: 'bench', script: '/app/bench.js' };
  const resource = createResource(
    worker as Parameters<typeof createResource>[0],
    { name: 'bench', version: '1.0.0' } as Parameters<typeof createResource>[1],
    {},
  );
  const tracer = new NodeTracerProvider({ resource, spanProcessors: [processor] }).getTracer('bench', '1.0.0');
  return {
    tracer,
    acknowledged,
    settle: async (ended, ms) => {
      const until = performance.now() + ms;
      await flush(ms);
      // The stock flush does not wait for the batch that is under way.
      while (acknowledged() < ended && performance.now() < until) await delay(2);
      return acknowledged() >= ended;
    },
    close,
  };
}

interface Way {
  readonly processor: SpanProcessor;
  readonly acknowledged: () => number;
  readonly flush: (ms: number) => Promise<unknown>;
  readonly close: () => void;
}

/** What OpenTelemetry's documentation shows. */
function stock(url: string): Way {
  const exporter = new OTLPTraceExporter({ url });
  let acknowledged = 0;
  const counting: typeof exporter.export = (spans, done) =>
    exporter.export(spans, (result: ExportResult) => {
      if (result.code === ExportResultCode.SUCCESS) acknowledged += spans.length;
      done(result);
    });
  const processor = new BatchSpanProcessor({ export: counting, shutdown: () => exporter.shutdown() });
  const flush = () => processor.forceFlush().catch(() => undefined);
  return { processor, acknowledged: () => acknowledged, flush, close: () => undefined };
}

function ours(variant: Exclude<Variant, 'stock'>, url: string): Way {
  const home = mkdtempSync(join(tmpdir(), 'bench-spool-'));
  const urls = { traces: url, logs: url, metrics: url };
  const spool = createSpool({
    delivery: variant === 'memory' ? 'memory' : variant.startsWith('journal') ? 'journal' : 'spool',
    journalPer: variant === 'journal per span' ? 'span' : 'batch',
    dir: join(home, 'spool'),
    encoding: 'protobuf',
    connect: connector({
      protocol: 'grpc',
      urls,
      headers: {},
      compression: 'none',
      userAgent: 'bench',
      grpcClient: variant === 'upstream' ? 'upstream' : 'builtin',
    }),
    warn: () => undefined,
    onDrop: () => undefined,
  });
  return {
    processor: spool.processor,
    acknowledged: () => spool.account('traces').exported,
    flush: (ms) => spool.flush(ms),
    close: () => {
      spool.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}
