import test from 'ava';
import { kfCluster } from '../helpers/cluster.js';
import { tree } from '../helpers/tree.js';

const APP = `
const http = require('node:http');
const net = require('node:net');
const own = process.env.OWN === 'yes';
const { listen } = net.Server.prototype;
const server = http.createServer((_, response) => response.end());
if (own) Object.assign(server, { keepAliveTimeout: 7000, headersTimeout: 8000, requestTimeout: 9000 });
server.listen(...(own ? [0, '127.0.0.1', 77] : [0, '127.0.0.1']), () => {
  const { keepAliveTimeout, headersTimeout, requestTimeout } = server;
  const { execFileSync } = require('node:child_process');
  const port = server.address().port.toString(16).toUpperCase().padStart(4, '0');
  const queue = execFileSync('ss', ['-Hltn', 'sport = :' + server.address().port], { encoding: 'utf8' });
  console.log('settings', keepAliveTimeout, headersTimeout, requestTimeout, queue.trim().split(/\\s+/)[2]);
});
`;
const FLAGS = [
  ...['--keep-alive-timeout', '20s', '--headers-timeout', '21s', '--request-timeout', '1m', '--backlog', '99'],
  ...['--no-telemetry', '-w', '1'],
];

for (const scheduling of ['shared', 'rr']) {
  test(`timeouts and backlog that the app has left to Node are ours, ${scheduling}`, async (t) => {
    const cwd = tree(t, { 'app.js': APP });
    const flags = [...FLAGS, '--scheduling', scheduling];
    const left = kfCluster(t, ['start', 'app.js', ...flags], { cwd });
    t.is((await left.line(/settings (.*)/))[1], '20000 21000 60000 99');
    left.kill('SIGTERM');
    await left.exit;
    const own = kfCluster(t, ['start', 'app.js', ...flags], { cwd, env: { OWN: 'yes' } });
    t.is((await own.line(/settings (.*)/))[1], '7000 8000 9000 77');
    own.kill('SIGTERM');
    await own.exit;
  });
}
