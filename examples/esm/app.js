// An ES module with named imports and a top-level await; instrumented all the same, without a loader flag:
//   kf-cluster dev examples/esm/app.js -w 2
import { once } from 'node:events';
import { createServer, get } from 'node:http';

const server = createServer(async (request, response) => {
  if (request.url !== '/twice') return response.end(`worker ${process.env.KF_WORKER_SLOT}\n`);
  // Both ways to call out carry the trace on: a CLIENT span each, and the callee's SERVER span below it.
  const [byFetch, byGet] = await Promise.all([text(await fetch(origin())), once(get(origin()), 'response')]);
  byGet[0].resume();
  response.end(`fetch said: ${byFetch}`);
});

function origin() {
  return `http://127.0.0.1:${server.address().port}/`;
}

function text(answer) {
  return answer.text();
}

server.listen(process.env.PORT ?? 8080);
await once(server, 'listening');
console.log(`esm on ${origin()}`);
