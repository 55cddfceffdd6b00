import test from 'ava';
import { fixture, kfCluster } from '../helpers/cluster.js';
import '../helpers/json-log.js';
import { openRaw, refused } from '../helpers/raw.js';

test('connections that a server hands to another one end with their next answer, and the app still knows its address', async (t) => {
  const flags = ['-w', '1', '--no-telemetry', '--drain-timeout', '10m'];
  const cluster = kfCluster(t, ['start', fixture('drain/front.cjs'), ...flags]);
  const [, port = '', worker = ''] = await cluster.line(/^listening (\d+) (\d+)/);
  await cluster.ready(1);
  const at = { port: Number(port), host: '127.0.0.1' };
  const [client, other] = [await openRaw(at), await openRaw(at)];
  const ask = (path: string) => `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`;
  client.send(ask('/'));
  t.regex(await client.until(/at \S+\./), /Connection: keep-alive[\s\S]*at \d+\./i);
  other.send(ask('/hold'));
  await cluster.line(/^holding/);
  cluster.kill('SIGTERM');
  await refused(at);
  process.kill(Number(worker), 'SIGUSR2');
  t.true((await other.until(/at \S+\./)).endsWith(`at ${port}.`));
  for (const one of [client, other]) {
    one.send(ask('/'));
    t.regex(await one.ended, new RegExp(`Connection: close[\\s\\S]*at ${port}\\.$`));
  }
  t.is((await cluster.exit).code, 0);
});
