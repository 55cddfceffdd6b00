// Express 4 and 5 with the shutdown of their own guide ("Health checks and graceful shutdown").
import { setTimeout as pause } from 'node:timers/promises';

const { default: express } = await import(process.env.EXPRESS ?? 'express');
const app = express();
app.get('/', async (_request, response) => {
  await pause(5);
  response.json({ served: true });
});
const server = app.listen(Number(process.env.PORT), '127.0.0.1');
process.on('SIGTERM', () => {
  server.close(() => process.exit(0));
});
