import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { NODE, type Running, watch } from '../helpers/cluster.js';
import { workDir } from '../helpers/control.js';
import '../helpers/json-log.js';
import { packedBin } from '../helpers/packed.js';
import { freePort } from '../helpers/raw.js';
import { root } from '../helpers/run-node.js';
import { allSignals, sendTo } from '../helpers/signals.js';

// The commands of the README, in a project that has kf-cluster and nothing else.

const bin = packedBin();
const APP = `require('node:http').createServer((_, response) => {
  console.log('asked');
  response.end('hello');
}).listen(Number(process.env.PORT));`;

/** What stands behind \`npx kf-cluster\` in the README's blocks of the shell, each as its arguments. */
function commandsOfReadme(): string[][] {
  const blocks = readFileSync(join(root, 'README.md'), 'utf8').matchAll(/```sh\n(.*?)```/gs);
  const lines = [...blocks].flatMap(([, block]) => block!.replaceAll('\\\n', ' ').split('\n'));
  return lines
    .filter((line) => line.startsWith('npx kf-cluster '))
    .map((line) =>
      line
        .replace(/\s#.*$/, '')
        .trim()
        .split(/\s+/)
        .slice(2),
    );
}

function project(t: ExecutionContext, from = bin): string {
  const dir = workDir(t);
  symlinkSync(dirname(dirname(dirname(dirname(from)))), join(dir, 'node_modules'));
  writeFileSync(
    join(dir, 'package.json'),
    '{ "name": "fresh", "private": true, "scripts": { "start": "node app.js" } }',
  );
  writeFileSync(join(dir, 'app.js'), APP);
  writeFileSync(join(dir, 'otlp.headers'), 'kf-api-key=secret\n', { mode: 0o600 });
  mkdirSync(join(dir, 'run'));
  return dir;
}

interface Started {
  readonly run: (...args: string[]) => Running;
  readonly ask: () => Promise<string>;
}

async function inProject(t: ExecutionContext, env: Record<string, string> = {}): Promise<Started> {
  const cwd = project(t);
  const port = await freePort();
  const own = { PORT: String(port), XDG_RUNTIME_DIR: join(cwd, 'run'), XDG_STATE_HOME: join(cwd, 'run'), ...env };
  return {
    run: (...args) => watch(t, NODE, [bin, ...args], { cwd, env: own }),
    ask: async () => (await fetch(`http://127.0.0.1:${port}/`)).text(),
  };
}

const commands = commandsOfReadme();
const starts = commands.filter(([command, ...rest]) => command === 'start' && !rest.includes('--daemon'));

test('the README names commands to test', (t) => {
  t.true(starts.length >= 4, String(commands));
});

for (const args of starts) {
  test(`${args.join(' ')}: serves, stops with 0, and sends its spans`, async (t) => {
    const { receiver, spans } = await allSignals(t);
    const { run, ask } = await inProject(t, sendTo(receiver, 'grpc'));
    const cluster = run(...args);
    await cluster.event('all-ready');
    t.is(await ask(), 'hello');
    cluster.kill('SIGTERM');
    t.is((await cluster.exit).code, 0, cluster.stderr());
    t.notRegex(cluster.stderr(), /not loaded|crash/);
    if (!args.includes('--exporter-otlp-endpoint')) t.is(spans.length, 1, cluster.stderr());
  });
}

test('--capture-logs and --log-correlation need neither pino nor winston: what the console prints arrives', async (t) => {
  const { receiver, logs } = await allSignals(t);
  const { run, ask } = await inProject(t, sendTo(receiver, 'grpc'));
  const cluster = run('start', 'app.js', '-w', '1', '--capture-logs', '--log-correlation');
  await cluster.ready(1);
  await ask();
  await cluster.line(/asked trace_id=/);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0, cluster.stderr());
  t.deepEqual(
    logs.map(({ body }) => body),
    ['asked'],
  );
});

test('config shows each option', async (t) => {
  const { run } = await inProject(t);
  const shown = run(...commands.find(([command]) => command === 'config')!);
  t.is((await shown.exit).code, 0, shown.stderr());
  t.regex(shown.stdout(), /workers/);
});

test('dev prints each trace', async (t) => {
  const { run, ask } = await inProject(t);
  const cluster = run(...commands.find(([command]) => command === 'dev')!);
  await cluster.ready(4);
  t.is(await ask(), 'hello');
  await cluster.line(/GET/);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0, cluster.stderr());
});

test('in the background: then status, reload, scale and stop', async (t) => {
  const { run, ask } = await inProject(t);
  const daemon = run(...commands.find((args) => args.includes('--daemon'))!);
  t.is((await daemon.exit).code, 0, daemon.stderr());
  t.is(await ask(), 'hello');
  for (const args of [['status'], ['reload'], ['scale', '1'], ['stop']]) {
    const command = run(...args);
    t.is((await command.exit).code, 0, `${args}: ${command.stderr()}`);
  }
});

test('an app on api 1.8 installs it, and a span made by hand is a child of the request', async (t) => {
  const { receiver, spans } = await allSignals(t);
  const from = packedBin({ '@opentelemetry/api': '1.8.0' });
  const cwd = project(t, from);
  writeFileSync(
    join(cwd, 'app.js'),
    `const { trace } = require('@opentelemetry/api');
    require('node:http').createServer((_, response) => trace.getTracer('shop').startActiveSpan('by hand', (span) => {
      span.end();
      response.end('hello');
    })).listen(Number(process.env.PORT));`,
  );
  const port = await freePort();
  const env = { PORT: String(port), XDG_STATE_HOME: join(cwd, 'run'), ...sendTo(receiver, 'grpc') };
  const cluster = watch(t, NODE, [from, 'start', 'app.js', '-w', '1'], { cwd, env });
  await cluster.ready(1);
  await (await fetch(`http://127.0.0.1:${port}/`)).text();
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0, cluster.stderr());
  const request = spans.find(({ name }) => name === 'GET');
  const hand = spans.find(({ name }) => name === 'by hand');
  t.is(hand?.parentSpanId, request?.spanId ?? 'none', cluster.stderr());
  t.is(hand?.traceId, request?.traceId);
});
