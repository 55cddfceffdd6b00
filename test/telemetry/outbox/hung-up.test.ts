import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import test from 'ava';
import { connector } from '../../../src/telemetry/outbox/index.js';
import { configFor } from '../../helpers/spool.js';

const REQUEST = { signal: 'traces', encoding: 'protobuf', chunks: [new Uint8Array(0)], timeoutMs: 20_000 } as const;

for (const [name, more] of [
  ['gRPC', { grpcClient: 'builtin' }],
  ["gRPC of OpenTelemetry's exporter", { grpcClient: 'upstream' }],
  ['HTTP', { protocol: 'http/protobuf' }],
] as const) {
  const send = async (port: number) => {
    const transport = connector(configFor(`http://127.0.0.1:${port}/v1/traces`, more))();
    const outcome = await transport.send(REQUEST);
    transport.close();
    return outcome;
  };

  test(`${name}: one that reads a request and hangs up was reached, one that nobody listens for was not`, async (t) => {
    const server = net.createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.destroy());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    t.like(await send(port), { type: 'retry', reached: true, overloaded: false });
    server.close();
    await once(server, 'close');
    t.like(await send(port), { type: 'retry', reached: false });
  });
}
