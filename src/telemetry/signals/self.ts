import type { Attributes, MeterProvider, ObservableResult } from '@opentelemetry/api';
import { DROP_CAUSES } from '../../contract/item-account.js';
import { OTLP_PROTOCOLS } from '../../contract/otlp-protocols.js';
import type { OtlpTarget } from '../../otel-env/otlp-target.js';
import type { AccountSnapshot } from '../outbox/account.js';

type Named = 'span' | 'log';

/** What the account of one signal says, in the words of the semantic conventions for SDK metrics. */
interface SelfParts {
  readonly meters: MeterProvider;
  readonly signal: Named;
  readonly target: OtlpTarget;
  readonly account: () => AccountSnapshot;
  readonly queue: () => { readonly size: number; readonly capacity: number };
}

/** Metrics `otel.sdk.processor.*` and `otel.sdk.exporter.*` from our own account. `error.type` is the cause of a drop. */
export function observeSelf({ meters, signal, target, account, queue }: SelfParts): void {
  const meter = meters.getMeter('kf-cluster');
  const noun = signal === 'span' ? 'spans' : 'log records';
  const unit = signal === 'span' ? '{span}' : '{log_record}';
  const processor = component(`batching_${signal}_processor`);
  const exporter = {
    ...component(`${OTLP_PROTOCOLS[target.protocol].component}_${signal}_exporter`),
    ...serverOf(target),
  };
  const level = (name: string, description: string, read: () => number, labels: Attributes) =>
    meter
      .createObservableUpDownCounter(name, { unit, description })
      .addCallback((result) => result.observe(read(), labels));
  const count = (name: string, description: string, observe: (result: ObservableResult) => void) =>
    meter.createObservableCounter(name, { unit, description }).addCallback(observe);

  level(
    `otel.sdk.processor.${signal}.queue.size`,
    `The number of ${noun} in the queue.`,
    () => queue().size,
    processor,
  );
  level(
    `otel.sdk.processor.${signal}.queue.capacity`,
    `The most ${noun} the queue can hold; a full one is handed on.`,
    () => queue().capacity,
    processor,
  );
  count(`otel.sdk.processor.${signal}.processed`, `The ${noun} that have left the processor.`, (result) =>
    result.observe(account().ended - queue().size, processor),
  );
  level(
    `otel.sdk.exporter.${signal}.inflight`,
    `The ${noun} passed to the exporter whose fate is open, in memory or in the spool.`,
    () => inflight(account(), queue().size),
    exporter,
  );
  count(`otel.sdk.exporter.${signal}.exported`, `The ${noun} whose export has finished, by its outcome.`, (result) =>
    observeOutcomes(result, account(), exporter),
  );
}

function inflight({ pending, spooled }: AccountSnapshot, queued: number): number {
  return Math.max(0, pending - queued) + spooled;
}

function observeOutcomes(result: ObservableResult, account: AccountSnapshot, labels: Attributes): void {
  result.observe(account.exported, labels);
  if (account.rejected > 0) result.observe(account.rejected, { ...labels, 'error.type': 'rejected' });
  for (const cause of DROP_CAUSES) {
    if (account.dropped[cause] > 0) result.observe(account.dropped[cause], { ...labels, 'error.type': cause });
  }
}

function component(type: string): Attributes {
  return { 'otel.component.type': type, 'otel.component.name': `${type}/0` };
}

function serverOf({ url }: OtlpTarget): Attributes {
  if (url.startsWith('unix:')) return { 'server.address': url.slice('unix:'.length) };
  const { hostname, port, protocol } = new URL(url);
  return { 'server.address': hostname, 'server.port': Number(port) || (protocol === 'https:' ? 443 : 80) };
}
