// Express 5, CommonJS:  kf-cluster dev examples/express/app.js -w 2
// Each request is one SERVER span. With @opentelemetry/instrumentation-express among this app's dependencies, spans of
// the middlewares and the route (`GET /users/:id`) come too.
const express = require('express');

const app = express();

app.get('/', (_request, response) => {
  response.json({ worker: process.env.KF_WORKER_SLOT, pid: process.pid });
});

app.get('/users/:id', async (request, response) => {
  response.json({ id: request.params.id });
});

app.get('/fail', async () => {
  throw new Error('express hands this to its error handler: the answer is 500');
});

const server = app.listen(process.env.PORT ?? 8080, (error) => {
  if (error) throw error;
  console.log(`express on http://localhost:${server.address().port}/`);
});
