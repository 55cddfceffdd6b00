// Refuses to start where anybody else listens for SIGTERM or SIGINT.
import { setTimeout as pause } from 'node:timers/promises';
import Fastify from 'fastify';
import gracefulShutdown from 'fastify-graceful-shutdown';

const app = Fastify();
app.register(gracefulShutdown);
app.after(() => app.gracefulShutdown(async (signal) => console.log(`told ${signal}`)));
app.get('/', async () => {
  await pause(5);
  return { served: true };
});
await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' });
