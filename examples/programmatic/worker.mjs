import { createServer } from 'node:http';

const server = createServer((_request, response) => {
  response.end(`slot ${process.env.KF_WORKER_SLOT}, generation ${process.env.KF_WORKER_GENERATION}\n`);
});

server.listen(process.env.PORT ?? 8080, () => console.log(`listening on http://localhost:${server.address().port}/`));
