import http from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

const streams = new Set();
const server = http.createServer(async (request, response) => {
  if (request.url !== '/events') {
    await pause(5);
    return response.end('served');
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const timer = setInterval(() => response.write('data: tick\n\n'), 50);
  streams.add(response);
  response.on('close', () => {
    clearInterval(timer);
    streams.delete(response);
  });
});
server.listen(Number(process.env.PORT), '127.0.0.1');
process.on('SIGTERM', () => {
  console.log(`told SIGTERM with ${streams.size} open`);
  for (const response of streams) response.end('event: bye\ndata: \n\n');
  server.close(() => process.exit(0));
});
