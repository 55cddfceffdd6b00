import test from 'ava';
import { kf } from '../helpers/cli.js';
import '../helpers/json-log.js';
import { kfCluster } from '../helpers/cluster.js';
import { get } from '../helpers/http.js';
import { freePort } from '../helpers/raw.js';
import { appWithPackages } from '../helpers/start-apps.js';
import { tree } from '../helpers/tree.js';

const SERVER = `const { createServer } = require('node:http');
const { GREETING, OTEL_SERVICE_NAME, npm_package_version } = process.env;
const server = createServer((_, response) => response.end(JSON.stringify({ GREETING, OTEL_SERVICE_NAME, npm_package_version,
  args: process.argv.slice(2), cwd: process.cwd(), main: require.main === module })));
server.listen(0, () => console.log('listening ' + server.address().port));`;

for (const form of [
  ['npm', '--', 'start', '--', '--mine'],
  ['npm run start', '--', '--mine'],
  ['start', '--', '--mine'],
]) {
  test(`start ${form.join(' ')} runs the program behind it as the worker itself`, async (t) => {
    const scripts = { start: 'GREETING=hello OTEL_SERVICE_NAME=greeter node src/server.js --port 1' };
    const dir = tree(t, {
      'package.json': JSON.stringify({ name: 'shop', version: '4.5.6', scripts }),
      'src/server.js': SERVER,
      'src/deep/x': '',
    });
    const cluster = kfCluster(t, ['start', '-w', '1', '--no-telemetry', ...form], { cwd: `${dir}/src/deep` });
    const [, port = ''] = await cluster.line(/^listening (\d+)/);
    t.deepEqual(JSON.parse((await get(port)).body), {
      GREETING: 'hello',
      OTEL_SERVICE_NAME: 'greeter',
      npm_package_version: '4.5.6',
      args: ['--port', '1', '--mine'],
      cwd: dir,
      main: true,
    });
    await cluster.ready(1);
    cluster.kill('SIGHUP');
    await cluster.event('reload-done', { generation: 2 });
    cluster.kill('SIGTERM');
    t.is((await cluster.exit).code, 0);
  });
}

test('@react-router/serve by its script in package.json: the project is its user', async (t) => {
  const dir = await appWithPackages(t, {
    'package.json':
      '{"name":"storefront","type":"module","scripts":{"start":"react-router-serve ./build/server/index.js"}}',
    'public/hello.txt': 'hello',
    'build/server/index.js': `export const assets = {}, assetsBuildDirectory = 'build/client', basename = '/', entry = {},
      future = {}, isSpaMode = false, publicPath = '/', routes = {}, ssr = true, prerender = [], routeDiscovery = {};`,
  });
  const port = await freePort();
  const cluster = kfCluster(t, ['start', 'npm', '-w', '2', '--traces-exporter', 'none', '--', 'start'], {
    cwd: dir,
    env: { PORT: String(port), HOST: '127.0.0.1' },
  });
  await cluster.ready(2);
  t.is((await get(String(port), '/hello.txt')).body, 'hello');
  cluster.kill('SIGHUP');
  await cluster.event('reload-done', { generation: 2 });
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
  const { stdout } = await kf(['config', 'start', '--json'], dir);
  t.is(JSON.parse(stdout).options.name.value, 'storefront');
});

test('a script that cannot be one program of Node: exit code 2, with the file to name', async (t) => {
  const dir = tree(t, { 'package.json': '{"scripts":{"start":"npm run build && node out.js"}}' });
  const { code, stderr } = await kf(['start', 'npm', '--', 'start'], dir);
  t.is(code, 2);
  t.regex(stderr, /^error SCRIPT_IS_COMMAND: [\s\S]*why: it needs a shell\n {2}fix: .*kf-cluster start out\.js/);
});

test('a file of that name comes first', async (t) => {
  const dir = tree(t, { 'package.json': '{"scripts":{"start":"node other.js"}}', 'start.js': '', 'other.js': '' });
  const { stdout } = await kf(['config', 'start', '--json'], dir);
  t.is(JSON.parse(stdout).script, `${dir}/start.js`);
});
