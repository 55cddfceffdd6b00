import test from 'ava';
import { kfCluster, NODE } from '../helpers/cluster.js';
import '../helpers/json-log.js';
import { collector } from '../helpers/delivery.js';
import { get } from '../helpers/http.js';
import { appWithPackages } from '../helpers/start-apps.js';

/** Nothing that Node could strip: an enum and a namespace have to be compiled, and `require.main` is the main module. */
const APP = `
import { createServer } from 'node:http';
import { word } from './word';
enum Answer { Yes = 'yes' }
const server = createServer((_, response) => {
  response.end(JSON.stringify({ answer: Answer.Yes, word, main: require.main === module, args: process.execArgv }));
});
server.listen(0, () => console.log('listening ' + (server.address() as { port: number }).port));
`;
const FILES = {
  'src/app.ts': APP,
  'src/word.ts': 'namespace Words { export const one: string = "word"; }\nexport const word = Words.one;',
  'tsconfig.json': JSON.stringify({
    compilerOptions: {
      module: 'commonjs',
      moduleResolution: 'node10',
      target: 'es2022',
      esModuleInterop: true,
      types: [],
      ignoreDeprecations: '5.0',
    },
    'ts-node': { transpileOnly: true },
  }),
};

for (const loader of ['ts-node/register', '@swc-node/register', 'tsx/cjs']) {
  for (const telemetry of [true, false]) {
    test.serial(
      `-r ${loader} runs a CommonJS app in TypeScript, ${telemetry ? 'traced' : 'without telemetry'}`,
      async (t) => {
        const dir = await appWithPackages(t, FILES);
        const { receiver, store } = await collector(t);
        const args = ['start', 'src/app.ts', '-w', '1', `--node-args=-r ${loader}`];
        const cluster = kfCluster(t, telemetry ? args : [...args, '--no-telemetry'], {
          cwd: dir,
          env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.grpcUrl },
        });
        const [, port = ''] = await cluster.line(/^listening (\d+)/);
        await cluster.ready(1);
        const answer = JSON.parse((await get(port)).body);
        t.deepEqual(answer, { answer: 'yes', word: 'word', main: true, args: ['-r', loader] });
        cluster.kill('SIGTERM');
        t.is((await cluster.exit).code, 0);
        t.notRegex(cluster.stderr(), /Warning/);
        t.deepEqual(cluster.events('worker-killed'), []);
        t.is(store.spans().filter(({ kind }) => kind === 'server').length, telemetry ? 1 : 0);
      },
    );
  }
}

test.serial(
  'the app comes after an asynchronous postFork and a reload, also in a process that was started ahead',
  async (t) => {
    const hooks = `import { setTimeout } from 'node:timers/promises';
    export async function postFork() { await setTimeout(50); globalThis.prepared = true; }`;
    const app = `if (!globalThis.prepared) throw new Error('too early');\n${APP}`;
    const dir = await appWithPackages(t, { ...FILES, 'src/app.ts': app, 'hooks.mjs': hooks });
    const args = ['start', 'src/app.ts', '-w', '2', '--node-args=-r ts-node/register', '--hooks', 'hooks.mjs'];
    const cluster = kfCluster(t, [...args, '--traces-exporter', 'none'], { cwd: dir });
    await cluster.ready(2);
    cluster.kill('SIGHUP');
    await cluster.event('reload-done', { generation: 2 });
    cluster.kill('SIGTERM');
    t.is((await cluster.exit).code, 0);
  },
);

test.serial('what such an app throws at boot is its own error, with its own line', async (t) => {
  const dir = await appWithPackages(t, {
    ...FILES,
    'src/app.ts': 'const text: string = "mine";\nthrow new Error(text);',
  });
  const args = ['start', 'src/app.ts', '-w', '1', '--node-args=-r tsx/cjs', '--ready', 'started'];
  const cluster = kfCluster(t, [...args, '--traces-exporter', 'none'], { cwd: dir });
  t.is((await cluster.exit).code, 70);
  t.regex(cluster.stderr(), /Error: mine\n\s+at .*app\.ts:2/);
  t.deepEqual(cluster.events('worker-ready'), []);
});

test.serial('an ES module, and an app with an --import, are preloaded by --import as ever', async (t) => {
  const app = `import { createServer } from 'node:http';
    const server = createServer((_, response) => response.end('ok'));
    server.listen(0, () => console.log('listening ' + server.address().port));`;
  const dir = await appWithPackages(t, { 'app.mjs': app, 'first.cjs': 'globalThis.first = true', ...FILES });
  for (const args of [
    ['app.mjs', '--node-args=-r ./first.cjs'],
    ['src/app.ts', '--node-args=-r ./first.cjs --import tsx'],
  ]) {
    const { receiver, store } = await collector(t);
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.grpcUrl };
    const cluster = kfCluster(t, ['start', ...args, '-w', '1'], { cwd: dir, env });
    const [, port = ''] = await cluster.line(/^listening (\d+)/);
    await cluster.ready(1);
    await get(port);
    cluster.kill('SIGTERM');
    t.is((await cluster.exit).code, 0);
    t.is(store.spans().filter(({ kind }) => kind === 'server').length, 1);
  }
});

test.serial('config file and hooks in TypeScript are read by the same loader', async (t) => {
  const config = `enum Count { One = 1 }\nexport const workers: number = Count.One;
    export function postFork(worker: { slot: number }) { console.log('hook in slot ' + worker.slot); }`;
  const dir = await appWithPackages(t, { ...FILES, 'kf-cluster.config.ts': config });
  const args = ['start', 'src/app.ts', '--node-args=-r ts-node/register', '--no-telemetry'];
  const cluster = kfCluster(t, args, {
    cwd: dir,
    env: NODE === process.execPath ? {} : { NODE_OPTIONS: '--no-experimental-strip-types' },
  });
  await cluster.line(/hook in slot 0/);
  await cluster.ready(1);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
});
