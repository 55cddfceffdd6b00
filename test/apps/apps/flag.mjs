// Answers 503 once told to stop, as many middlewares for graceful shutdown do.
import { setTimeout as pause } from 'node:timers/promises';
import express from 'express';

let isStopping = false;
const app = express();
app.use((_request, response, next) => {
  if (isStopping) return response.set('Connection', 'close').status(503).end();
  next();
});
app.get('/', async (_request, response) => {
  await pause(5);
  response.json({ served: true });
});
const server = app.listen(Number(process.env.PORT), '127.0.0.1');
process.on('SIGTERM', () => {
  isStopping = true;
  server.close(() => process.exit(0));
});
