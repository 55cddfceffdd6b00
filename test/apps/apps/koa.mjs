import { setTimeout as pause } from 'node:timers/promises';
import Koa from 'koa';

const app = new Koa();
app.use(async (context) => {
  await pause(5);
  context.body = { served: true };
});
const server = app.listen(Number(process.env.PORT), '127.0.0.1');
process.on('SIGTERM', () => server.close(() => process.exit(0)));
