// The app knows nothing of its provider; ./kf-cluster.config.mjs does.
const http = require('node:http');
const { trace } = require('@opentelemetry/api');

const tracer = trace.getTracer('hooks-example');

const server = http.createServer((_request, response) => {
  tracer.startActiveSpan('look up', (span) => {
    span.setAttribute('db.shard', process.env.DATABASE_SHARD ?? 'none');
    span.end();
  });
  response.end(`${process.env.DATABASE_SHARD}\n`);
});

server.listen(process.env.PORT ?? 8080, () => console.log(`app on http://localhost:${server.address().port}/`));
