import http from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { WebSocketServer } from 'ws';

const server = http.createServer(async (_request, response) => {
  await pause(5);
  response.end('served');
});
const sockets = new WebSocketServer({ server });
sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(`${data}`)));
server.listen(Number(process.env.PORT), '127.0.0.1');
if (process.env.SHUTDOWN !== 'none') process.on('SIGTERM', stop);

function stop() {
  console.log(`told SIGTERM with ${sockets.clients.size} open`);
  for (const socket of sockets.clients) socket.close(1001, 'goes away');
  sockets.close();
  server.close(() => process.exit(0));
}
