// Fastify 5, ES module:  kf-cluster dev examples/fastify/app.js -w 2
// No close handler of its own: kf-cluster stops accepting, lets requests in flight finish, flushes and exits.
import Fastify from 'fastify';

const app = Fastify();

app.get('/', async () => ({ worker: process.env.KF_WORKER_SLOT, pid: process.pid }));

app.get('/users/:id', async (request) => ({ id: request.params.id }));

app.get('/fail', async () => {
  throw new Error('fastify answers 500');
});

const address = await app.listen({ port: Number(process.env.PORT ?? 8080), host: '127.0.0.1' });
console.log(`fastify on ${address}/`);
