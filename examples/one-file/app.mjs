// Primary and worker in one file:  node examples/one-file/app.mjs
// The primary stays in setup() as the supervisor and never passes it; each worker goes on with the rest of the file.
import { cluster } from 'kf-cluster';

await cluster.setup({
  workers: 4,
  postFork(worker) {
    worker.log.info(`slot ${worker.slot} opens its own connections here`);
  },
  preShutdown(worker, { reason }) {
    worker.log.info(`slot ${worker.slot} closes them`, { reason });
  },
});

// Imported here and not at the top: the primary needs none of it.
const { createServer } = await import('node:http');

const server = createServer((_request, response) => {
  response.end(`worker ${process.env.KF_WORKER_SLOT}, primary ${cluster.isPrimary}\n`);
});

server.listen(process.env.PORT ?? 8080, () => console.log(`listening on http://localhost:${server.address().port}/`));
