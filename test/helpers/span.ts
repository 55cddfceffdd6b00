import type { SpanRecord } from '../../src/dev/model.js';

/** A received span; what a test does not name is plain. */
export function makeSpan(fields: Partial<SpanRecord> & { slot?: number } = {}): SpanRecord {
  const { slot = 2, ...rest } = fields;
  const none = { attributes: {}, droppedAttributes: 0, schemaUrl: '' };
  return {
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    spanId: '00f067aa0ba902b7',
    parentSpanId: undefined,
    traceState: '',
    flags: 1,
    name: 'span',
    kind: 'internal',
    startNs: 1_000_000n,
    endNs: 2_900_000n,
    attributes: {},
    events: [],
    links: [],
    status: { code: 'unset', message: '' },
    droppedAttributes: 0,
    droppedEvents: 0,
    droppedLinks: 0,
    resource: {
      ...none,
      attributes: { 'kf.worker.slot': slot, 'service.instance.id': `id-${slot}`, 'process.pid': 7 },
    },
    scope: { ...none, name: 'test', version: '' },
    ...rest,
  };
}

export function exception(type: string, message: string): SpanRecord['events'][number] {
  const attributes = { 'exception.type': type, 'exception.message': message };
  return { name: 'exception', timeNs: 1n, attributes, droppedAttributes: 0 };
}
