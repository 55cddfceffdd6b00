// Over WebSocket alone: no request of a session has to find the worker of the one before.
import http from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { Server } from 'socket.io';

const server = http.createServer(async (_request, response) => {
  await pause(5);
  response.end('served');
});
const io = new Server(server, { transports: ['websocket'] });
io.on('connection', (socket) => socket.on('echo', (text, answer) => answer(text)));
server.listen(Number(process.env.PORT), '127.0.0.1');
process.on('SIGTERM', async () => {
  console.log(`told SIGTERM with ${io.engine.clientsCount} open`);
  await io.close();
  process.exit(0);
});
