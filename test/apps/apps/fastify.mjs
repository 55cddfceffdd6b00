// The shutdown of Fastify's own guide to deployments.
import { setTimeout as pause } from 'node:timers/promises';
import Fastify from 'fastify';

const app = Fastify();
app.get('/', async () => {
  await pause(5);
  return { served: true };
});
await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' });
process.on('SIGTERM', async () => {
  await app.close();
  process.exit(0);
});
