// Answers 200 after BENCH_HANDLER_MS, with one SERVER and one INTERNAL span when tracing is on (BENCH_PLAIN: none of its own;
// BENCH_API: the API is loaded also when it is off, as by an app that makes spans).
const { openSync, writeSync } = require('node:fs');
const { BENCH_LEDGER: dir, BENCH_SERVER_SPAN: server, BENCH_HANDLER_MS: ms, BENCH_POISON: poison } = process.env;
const ledger = dir && openSync(`${dir}/${process.pid}`, 'a');
// Written at once: what a killed process had ended must be known too.
const note = (span) => ledger && writeSync(ledger, `${span.spanContext().spanId}\n`);
const wait = Number(ms ?? 0);

function answer(response) {
  response.setHeader('content-type', 'text/plain');
  response.end('hello');
}

function plain(_request, response) {
  wait > 0 ? setTimeout(answer, wait, response) : answer(response);
}

function traced() {
  const { context, SpanKind, trace } = require('@opentelemetry/api');
  const tracer = trace.getTracer('bench');
  let requests = 0;
  const work = (response, parent) => {
    requests += 1;
    if (requests % Number(poison ?? 0) === 0) endPoisoned(trace, requests / Number(poison));
    const inner = tracer.startSpan('work', {}, trace.setSpan(context.active(), parent));
    const finish = () => {
      inner.end();
      note(inner);
      answer(response);
    };
    wait > 0 ? setTimeout(finish, wait) : finish();
  };
  const auto = (_request, response) => {
    const span = trace.getActiveSpan();
    response.on('close', () => note(span));
    work(response, span);
  };
  const manual = (request, response) => {
    const attributes = { 'http.request.method': request.method, 'url.path': request.url };
    const span = tracer.startSpan(`${request.method}`, { kind: SpanKind.SERVER, attributes });
    response.on('close', () => {
      span.setAttribute('http.response.status_code', response.statusCode);
      span.end();
      note(span);
    });
    work(response, span);
  };
  return server === 'auto' ? auto : manual;
}

/** A span with nonsense where a value should be, of another kind each time; it is not among those that must arrive. */
function endPoisoned(trace, kind) {
  const cycle = {};
  cycle.self = cycle;
  const tracer = trace.getTracer(kind % 4 === 0 ? undefined : 'poison');
  const span = tracer.startSpan(kind % 4 === 1 ? 7 : 'poisoned', { attributes: { cycle, nothing: Number.NaN } });
  if (kind % 4 === 2) span.setStatus({ code: 2, message: new Error('no text') });
  span.end(kind % 4 === 3 ? Number.NaN : undefined);
}

/** Ways for a worker to end, in the turn after the request. */
const ends = {
  '/uncaught': () => {
    throw new Error('uncaught on purpose');
  },
  '/exit': () => process.exit(1),
};
if (process.env.BENCH_API) require('@opentelemetry/api');
const handle = server && !process.env.BENCH_PLAIN ? traced() : plain;
module.exports = (request, response) => {
  if (request.url !== '/' && ends[request.url]) setImmediate(ends[request.url]);
  else handle(request, response);
};
