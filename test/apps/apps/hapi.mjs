import { setTimeout as pause } from 'node:timers/promises';
import Hapi from '@hapi/hapi';

const server = Hapi.server({ port: Number(process.env.PORT), host: '127.0.0.1' });
server.route({
  method: 'GET',
  path: '/',
  handler: async () => {
    await pause(5);
    return { served: true };
  },
});
await server.start();
process.on('SIGTERM', async () => {
  await server.stop({ timeout: 10_000 });
  process.exit(0);
});
