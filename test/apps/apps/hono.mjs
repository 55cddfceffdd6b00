// The shutdown of Hono's own page on Node.
import { setTimeout as pause } from 'node:timers/promises';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';

const app = new Hono();
app.get('/', async (context) => {
  await pause(5);
  return context.json({ served: true });
});
const server = serve({ fetch: app.fetch, port: Number(process.env.PORT), hostname: '127.0.0.1' });
process.on('SIGTERM', () => {
  server.close((error) => {
    if (error) console.error(error);
    process.exit(error ? 1 : 0);
  });
});
