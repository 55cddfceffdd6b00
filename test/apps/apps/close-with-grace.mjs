import { setTimeout as pause } from 'node:timers/promises';
import closeWithGrace from 'close-with-grace';
import Fastify from 'fastify';

const app = Fastify();
app.get('/', async () => {
  await pause(5);
  return { served: true };
});
closeWithGrace({ delay: 500 }, async ({ err }) => {
  if (err) console.error(err);
  await app.close();
});
await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' });
