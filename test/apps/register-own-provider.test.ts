import { copyFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { fixture, NODE, watch } from '../helpers/cluster.js';
import { workDir } from '../helpers/control.js';
import { collector } from '../helpers/delivery.js';
import { get } from '../helpers/http.js';
import '../helpers/json-log.js';
import { packedBin } from '../helpers/packed.js';

// A process of its own with `kf-cluster/register`, from the packed package, whose app sets up a tracer provider as well.

const modules = dirname(dirname(dirname(dirname(packedBin()))));

async function register(t: ExecutionContext, env: Readonly<Record<string, string>>, before = '') {
  const { receiver, store } = await collector(t);
  const dir = workDir(t);
  symlinkSync(modules, join(dir, 'node_modules'));
  copyFileSync(fixture('own-provider.cjs'), join(dir, 'own-provider.cjs'));
  writeFileSync(join(dir, 'app.cjs'), `${before}require('./own-provider.cjs');`);
  const program = watch(t, NODE, ['--import', 'kf-cluster/register', 'app.cjs'], {
    cwd: dir,
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.grpcUrl, ...env },
  });
  return { program, store };
}

test('it is refused, and said once at once, with its place and the variable', async (t) => {
  const { program, store } = await register(t, {});
  const { by, fix } = await program.event('other-agent', { name: 'a tracer provider of the app' });
  t.regex(String(by), /own-provider\.cjs:11/);
  t.regex(String(fix), /KF_CLUSTER_TELEMETRY=auto/);
  const [, port = ''] = await program.line(/^listening (\d+)/);
  await get(port);
  program.kill('SIGTERM');
  await program.line(/"flushed",.*"ended":2/);
  await program.exit;
  t.is(program.events('other-agent').length, 1);
  t.deepEqual(
    store
      .spans()
      .map(({ kind, name }) => `${kind} ${name}`)
      .toSorted(),
    ['internal by hand', 'server GET'],
  );
  t.false(program.lines.some((line) => line.startsWith('own ')));
});

test('a job that has ended before anybody is ready has said it too', async (t) => {
  const { program } = await register(t, {}, 'setImmediate(() => process.exit(3));');
  t.regex(String((await program.event('other-agent')).by), /own-provider\.cjs:11/);
  t.is((await program.exit).code, 3);
});

test('KF_CLUSTER_TELEMETRY=auto steps back from it: what the app records is its own alone', async (t) => {
  const { program, store } = await register(t, { KF_CLUSTER_TELEMETRY: 'auto' });
  t.regex(String((await program.event('telemetry-steps-back')).by), /own-provider\.cjs:11/);
  const [, port = ''] = await program.line(/^listening (\d+)/);
  t.is((await get(port)).body, 'ok');
  await program.line(/^own INTERNAL by hand/);
  program.kill('SIGTERM');
  await program.exit;
  t.deepEqual(store.spans(), []);
  t.deepEqual(program.events('other-agent'), []);
  t.notRegex(program.stderr(), /error/);
});

test('KF_CLUSTER_TELEMETRY=false leaves it alone', async (t) => {
  const { program, store } = await register(t, { KF_CLUSTER_TELEMETRY: 'false' });
  const [, port = ''] = await program.line(/^listening (\d+)/);
  await get(port);
  await program.line(/^own INTERNAL by hand/);
  program.kill('SIGTERM');
  await program.exit;
  t.deepEqual(store.spans(), []);
  t.deepEqual([...program.events('telemetry-attached'), ...program.events('other-agent')], []);
});
