import test from 'ava';
import { fixture, kfCluster } from '../helpers/cluster.js';
import { workDir } from '../helpers/control.js';
import '../helpers/json-log.js';
import { openRaw, refused } from '../helpers/raw.js';

test('a request in flight at a stop reaches the servers of its own app, which nobody else reaches any more', async (t) => {
  const flags = ['-w', '1', '--no-telemetry', '--drain-timeout', '10m'];
  const cluster = kfCluster(t, ['start', fixture('drain/own-calls.cjs'), ...flags], { cwd: workDir(t) });
  const [, port = '', worker = ''] = await cluster.line(/^listening (\d+) (\d+)/);
  await cluster.ready(1);
  const at = { port: Number(port), host: '127.0.0.1' };
  const [client, other] = [await openRaw(at), await openRaw(at)];
  client.send('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
  t.regex(await client.until(/page of .*\./), /page of api, api, api, back\./);
  other.send('GET /hold HTTP/1.1\r\nhost: a\r\n\r\n');
  await cluster.line(/^holding/);
  cluster.kill('SIGTERM');
  await refused(at);
  process.kill(Number(worker), 'SIGUSR2');
  t.regex(await other.until(/page of .*\./), /page of api, api, api, back\./);
  client.send('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
  t.regex(await client.ended, /Connection: close[\s\S]*page of api, api, api, back\./);
  t.is((await cluster.exit).code, 0);
});
