// socket.io on every core:  npm i socket.io @socket.io/cluster-adapter && kf-cluster dev app.js -w 2
// Over WebSocket alone: with long polling each request of a session would have to find the worker of the one before.
import http from 'node:http';
import { createAdapter } from '@socket.io/cluster-adapter';
import { Server } from 'socket.io';

const { KF_WORKER_SLOT: worker, KF_WORKER_GENERATION: generation } = process.env;
const server = http.createServer((_request, response) => response.end(`worker ${worker}\n`));
const io = new Server(server, { transports: ['websocket'], adapter: createAdapter() });

io.on('connection', (socket) => {
  socket.emit('hello', { worker, generation });
  socket.on('say', (message) => io.emit('said', { message, worker })); // reaches the clients of every worker
});

const port = Number(process.env.PORT ?? 8080);
server.listen(port, '127.0.0.1', () => console.log(`socket.io on http://127.0.0.1:${server.address().port}/`));

// Told when only WebSockets are left: clients connect again at once, to a worker that stays.
process.on('SIGTERM', () => io.close());
