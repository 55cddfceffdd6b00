import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { startReceiver } from '../../src/dev/receiver.js';
import { fixture } from '../helpers/cluster.js';
import { get } from '../helpers/http.js';
import { isHere, node24 } from '../helpers/nodes.js';
import { startPm2 } from '../helpers/pm2.js';
import { receiverPorts } from '../helpers/raw.js';
import { createStore } from '../helpers/span-store.js';
import { tree } from '../helpers/tree.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const { exports } = createRequire(import.meta.url)(join(ROOT, 'package.json'));
const IMPORT = join(ROOT, exports['./pm2'].default.default);
const REQUIRE = join(ROOT, exports['./pm2'].require.default);

/** What the hook did is there when the first line of the app runs, though it took its time. */
const HOOK = `export const postFork = () => new Promise((resolve) => setTimeout(() => {
  process.env.TOLD = 'by the hook';
  resolve();
}, 100));`;
const serve = `
const told = process.env.TOLD;
const text = () => JSON.stringify({ told, execArgv: process.execArgv });
createServer((_request, response) => response.end(text()))
  .listen(0, '127.0.0.1', function () { console.log('listening ' + this.address().port); });`;
const CJS = `const { createServer } = require('node:http');${serve}`;
const ESM = `import { createServer } from 'node:http';${serve}`;

const FORMS: Record<string, { node_args: string | string[]; script: string }> = {
  'import-cjs': { node_args: ['--import', IMPORT], script: 'app.cjs' },
  'import-esm': { node_args: [`--import=${IMPORT}`], script: 'app.mjs' },
  'require-cjs': { node_args: ['--require', REQUIRE], script: 'app.cjs' },
  'require-esm': { node_args: ['-r', REQUIRE], script: 'app.mjs' },
  'bare-import': { node_args: '--import kf-cluster/pm2', script: 'app.cjs' },
  'bare-require': { node_args: '--require kf-cluster/pm2', script: 'app.mjs' },
};

for (const [version, node] of [
  ['this Node', process.execPath],
  ['Node 24', node24()],
] as const) {
  test.serial(`every form of the preload, for CommonJS and ES modules, on ${version}`, async (t) => {
    if (!isHere(t, node)) return;
    const store = createStore();
    const receiver = await startReceiver({ ...(await receiverPorts()), onTraces: (spans) => void store.add(spans) });
    t.teardown(() => receiver.close());
    const cwd = tree(t, { 'app.cjs': CJS, 'app.mjs': ESM, 'hook.mjs': HOOK, 'package.json': '{}' });
    const pm2 = startPm2(t, { node });
    // A bare name is looked for from where the daemon was started.
    mkdirSync(join(pm2.home, 'node_modules'));
    symlinkSync(ROOT, join(pm2.home, 'node_modules/kf-cluster'));
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.grpcUrl, KF_CLUSTER_HOOKS: join(cwd, 'hook.mjs') };
    const common = { cwd, instances: 1, exec_mode: 'cluster', kill_timeout: 8_000, wait_ready: true };
    const apps = Object.entries(FORMS).map(([name, form]) => ({
      ...{ name, ...common, ...form },
      env: { ...env, OTEL_SERVICE_NAME: name },
    }));
    await pm2.start(apps);
    for (const { name } of apps) {
      const [, port = ''] = await pm2.logged(name, 'out', /listening (\d+)/);
      t.deepEqual(JSON.parse((await get(port)).body), { told: 'by the hook', execArgv: [] }, name);
    }
    await pm2.run('stop', 'all');
    const services = store.spans().map((span) => span.resource.attributes['service.name']);
    t.deepEqual(services.sort(), Object.keys(FORMS).sort(), 'one request, one span, each under its own name');
  });
}

test.serial('--require: a hook that fails ends the boot, and the app is never loaded', async (t) => {
  const pm2 = startPm2(t);
  const env = { KF_CLUSTER_HOOKS: fixture('hooks/broken.mjs'), OTEL_TRACES_EXPORTER: 'none' };
  const app = { name: 'web', script: fixture('apps/http.cjs'), exec_mode: 'cluster', instances: 1, env };
  await pm2.start([{ ...app, autorestart: false, node_args: ['--require', REQUIRE] }]);
  await pm2.logged('web', 'error', /error HOOK/);
  await pm2.run('stop', 'web');
  t.false(existsSync(join(pm2.home, 'web-out.log')), "pm2's wrapper opens it before it loads the app");
});

test.serial('--import of the form for --require is refused, with what to write instead', async (t) => {
  const pm2 = startPm2(t);
  const app = { name: 'web', script: fixture('apps/http.cjs'), exec_mode: 'cluster', instances: 1 };
  await pm2.start([{ ...app, autorestart: false, node_args: ['--import', REQUIRE] }]);
  await pm2.logged('web', 'error', /error CONFIG_INVALID: --import of pm2-require[\s\S]*fix: node_args: \['--require'/);
  t.pass();
});

test.serial('--require: an app that throws at its load ends as without it, with its own error', async (t) => {
  const pm2 = startPm2(t);
  const app = { name: 'web', script: fixture('apps/throws.cjs'), exec_mode: 'cluster', instances: 1 };
  const env = { OTEL_TRACES_EXPORTER: 'none' };
  await pm2.start([{ ...app, env, autorestart: false, node_args: ['--require', REQUIRE] }]);
  await pm2.logged('web', 'error', /Error: this app throws at boot/);
  t.pass();
});
