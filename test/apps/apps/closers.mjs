// A plain server with one of the packages that close it, each as its own README has it.
import http from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

const server = http.createServer(async (_request, response) => {
  await pause(5);
  response.end('served');
});
const listen = () => server.listen(Number(process.env.PORT), '127.0.0.1');

const closers = {
  none: async () => listen(),
  terminus: async () => {
    const { createTerminus } = await import('@godaddy/terminus');
    createTerminus(server, {
      signal: 'SIGTERM',
      healthChecks: { '/healthcheck': async () => undefined },
      onSignal: async () => console.log('told SIGTERM'),
    });
    listen();
  },
  'http-terminator': async () => {
    const { createHttpTerminator } = await import('http-terminator');
    const terminator = createHttpTerminator({ server });
    listen();
    process.on('SIGTERM', async () => {
      await terminator.terminate();
      process.exit(0);
    });
  },
  'http-graceful-shutdown': async () => {
    const { default: gracefulShutdown } = await import('http-graceful-shutdown');
    listen();
    gracefulShutdown(server, { onShutdown: async (signal) => console.log(`told ${signal}`) });
  },
  stoppable: async () => {
    const { default: stoppable } = await import('stoppable');
    stoppable(server, 5_000);
    listen();
    process.on('SIGTERM', () => server.stop(() => process.exit(0)));
  },
  lightship: async () => {
    const { createLightship } = await import('lightship');
    const lightship = await createLightship();
    listen().once('listening', () => lightship.signalReady());
    lightship.registerShutdownHandler(() => server.close());
  },
};
await closers[process.env.CLOSER]();
