// The dice server of the OpenTelemetry guides. Nothing here sets up telemetry: each worker has it before this line.
//   kf-cluster dev examples/dice/app.js -w 4
//   curl 'localhost:8080/rolldice?player=Ada'   curl 'localhost:8080/rolldice?rolls=3'   curl localhost:8080/fail
const http = require('node:http');
const { SpanStatusCode, trace } = require('@opentelemetry/api');

const tracer = trace.getTracer('dice');

function roll() {
  return tracer.startActiveSpan('roll', (span) => {
    const value = 1 + Math.floor(Math.random() * 6);
    span.setAttribute('dice.value', value);
    span.end();
    return value;
  });
}

function rollDice(url, response) {
  const rolls = Number(url.searchParams.get('rolls') ?? 1);
  if (!Number.isInteger(rolls) || rolls < 1 || rolls > 100) {
    return response.writeHead(400).end('rolls must be 1 to 100\n');
  }
  const player = url.searchParams.get('player');
  if (player !== null) trace.getActiveSpan()?.setAttribute('dice.player', player);
  response.end(`${Array.from({ length: rolls }, roll).join(' ')}\n`);
}

// An exception is recorded AND the status set: recordException alone does not mark a span as failed.
function fail(response) {
  tracer.startActiveSpan('lose', (span) => {
    const error = new Error('the dice fell off the table');
    span.recordException(error);
    span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
    span.end();
  });
  response.writeHead(500).end('the dice fell off the table\n');
}

const server = http.createServer((request, response) => {
  const url = new URL(request.url, 'http://localhost');
  if (url.pathname === '/rolldice') rollDice(url, response);
  else if (url.pathname === '/fail') fail(response);
  else response.writeHead(404).end('try /rolldice?player=NAME or /fail\n');
});

server.listen(process.env.PORT ?? 8080, () => {
  console.log(`dice on http://localhost:${server.address().port}/rolldice`);
});
