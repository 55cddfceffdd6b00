const PER_REQUEST = 2_000;

/**
 * Sends `count` spans with `attributes` attributes each as OTLP JSON: in traces of ten, or all in one.
 *
 * @param endpoint of the receiver's HTTP side
 */
export async function sendSpans(endpoint: string, count: number, attributes: number, traceId?: string): Promise<void> {
  for (let sent = 0; sent < count; sent += PER_REQUEST) {
    const spans = Array.from({ length: Math.min(PER_REQUEST, count - sent) }, (_, at) =>
      span(sent + at, attributes, traceId),
    );
    const resource = { attributes: [text('service.name', 'bench')] };
    const body = JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans }] }] });
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${endpoint}/v1/traces`, { method: 'POST', headers, body });
    if (!response.ok) throw new Error(`the receiver answered ${response.status}: ${await response.text()}`);
  }
}

function span(at: number, attributes: number, traceId: string | undefined) {
  const root = traceId === undefined ? at % 10 === 0 : at === 0;
  const start = BigInt(Date.now()) * 1_000_000n;
  const parent = traceId === undefined ? at - (at % 10) : 0;
  return {
    traceId: traceId ?? hex(Math.floor(at / 10) + 1, 32),
    spanId: hex(at + 1, 16),
    ...(!root && { parentSpanId: hex(parent + 1, 16) }),
    name: root ? 'GET /bench' : `step ${at % 7}`,
    kind: root ? 2 : 1,
    startTimeUnixNano: String(start + BigInt(at % 1_000) * 1_000n),
    endTimeUnixNano: String(start + BigInt(at % 1_000) * 1_000n + 5_000_000n),
    attributes: Array.from({ length: attributes }, (_, index) => text(`attribute.${index}`, `value ${at % 100}`)),
  };
}

const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
const hex = (value: number, length: number) => `b${value.toString(16).padStart(length - 1, '0')}`;
