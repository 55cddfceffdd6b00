// A trace that goes on through what no instrumentation knows: a queue of its own, whose jobs run later and in no request.
//   kf-cluster dev examples/propagation/app.js -w 2
import { once } from 'node:events';
import { createServer } from 'node:http';
import { context, propagation, SpanKind, trace } from '@opentelemetry/api';

const tracer = trace.getTracer('mail');
const queue = [];

const server = createServer((_request, response) => {
  // The producer writes `traceparent` (and `tracestate`, `baggage`) beside the job.
  tracer.startActiveSpan('mail send', { kind: SpanKind.PRODUCER }, (span) => {
    const headers = {};
    propagation.inject(context.active(), headers);
    queue.push({ to: 'ada@example.com', headers });
    span.end();
  });
  response.end('queued\n');
});

// The consumer makes it the parent again; in another process it would read the same headers.
setInterval(() => {
  for (const { to, headers } of queue.splice(0)) {
    const parent = propagation.extract(context.active(), headers);
    tracer.startActiveSpan('mail process', { kind: SpanKind.CONSUMER }, parent, (span) => {
      span.setAttribute('mail.to', to);
      span.end();
    });
  }
}, 50);

server.listen(process.env.PORT ?? 8080);
await once(server, 'listening');
console.log(`propagation on http://127.0.0.1:${server.address().port}/`);
