import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { startWatched } from '../helpers/watched.js';

/** In milliseconds: short, yet longer than a busy machine keeps a thread waiting. */
const LIMIT = 2_500;
const FOR_EVER = 1e9;
const ROOT = new URL('../../../', import.meta.url);
const NODES = [process.execPath, ...['node22', 'node24', 'node26'].map(nodeOf).filter((node) => existsSync(node))];

function nodeOf(name: string): string {
  return fileURLToPath(new URL(`node_modules/${name}/bin/node`, ROOT));
}

for (const node of NODES) {
  test.serial(`a blocked worker is told with its stack, then as hung: ${node}`, async (t) => {
    const worker = await startWatched(t, { hangTimeoutMs: LIMIT }, { node });
    await worker.order({ block: FOR_EVER });
    const stalled = await worker.report('stalled');
    const hung = await worker.report('hung');
    const spin = stalled.frames.find((frame) => frame.startsWith('spin '));
    t.regex(spin ?? '', /^spin \(\/.*watchdog\/worker\.mjs:10:\d+\)$/);
    t.deepEqual(hung.frames, stalled.frames);
    t.true(stalled.ms >= LIMIT * 0.8 && hung.ms >= LIMIT);
    worker.process.kill('SIGKILL');
    const text = await worker.stderr();
    t.regex(text, /^\[kf-cluster:2\] error: worker 2 is blocked for \d\.\d s in:\n( {6}at .*\n)+$/);
    t.true(text.includes(`    at ${spin}\n`));
  });
}

test.serial('a worker that runs again tells its primary and itself', async (t) => {
  const worker = await startWatched(t, { hangTimeoutMs: LIMIT });
  await worker.order({ block: LIMIT * 3 });
  const told = worker.message();
  const recovered = await worker.report('recovered');
  const { stall } = (await told) as { stall: { ms: number; frames: string[] } };
  t.deepEqual(stall, { ms: recovered.ms, frames: [...recovered.frames] });
  t.true(recovered.frames.some((frame) => frame.startsWith('spin ')));
});

test.serial('a native call has no stack, but an end', async (t) => {
  const worker = await startWatched(t, { hangTimeoutMs: LIMIT });
  worker.send({ native: true });
  const hung = await worker.report('hung');
  t.deepEqual(hung.frames, []);
  t.regex(hung.why ?? '', /native call/);
  worker.process.stdin?.end(); // lets the native call return
  await worker.report('recovered');
});

test.serial('a process that was stopped starts its count anew', async (t) => {
  const stopped = await startWatched(t, { hangTimeoutMs: LIMIT });
  const clock = await startWatched(t, { hangTimeoutMs: LIMIT * 3 });
  await stopped.order({ block: FOR_EVER });
  stopped.process.kill('SIGSTOP');
  await clock.order({ block: FOR_EVER });
  await clock.report('hung'); // by now the other one was stopped for three times its own timeout
  t.deepEqual(stopped.reports, []);
  stopped.process.kill('SIGCONT');
  const { ms } = await stopped.report('stalled');
  t.true(ms < LIMIT * 3, `${ms} ms would count the time it was stopped`);
});

test.serial('a process that was stopped before its thread began is not counted as hung for that time', async (t) => {
  const worker = await startWatched(t, { hangTimeoutMs: LIMIT }, { fixture: 'late-thread.mjs' });
  await worker.order({ block: FOR_EVER });
  const { ms } = await worker.report('stalled');
  t.true(ms < LIMIT * 3, `${ms} ms would count the time it was stopped`);
});

test.serial('a worker that a debugger may stop is left alone', async (t) => {
  const debugged = await startWatched(t, { hangTimeoutMs: LIMIT });
  const clock = await startWatched(t, { hangTimeoutMs: LIMIT * 3 });
  await debugged.order({ inspect: true, block: FOR_EVER });
  await clock.order({ block: FOR_EVER });
  await clock.report('hung');
  t.deepEqual(debugged.reports, []);
});

test.serial('a blocked worker whose primary is gone ends itself, with its stack', async (t) => {
  const primary = await startWatched(t, { hangTimeoutMs: LIMIT }, { fixture: 'primary.mjs' });
  await primary.order({ block: FOR_EVER });
  primary.process.kill('SIGKILL');
  const text = await primary.stderr(); // the worker holds it too: it closes when both are gone
  t.regex(text, /at spin /);
  t.regex(text, /ending worker 2: it is blocked, and its primary is gone/);
});

test.serial('a worker that hung before its primary went ends itself all the same', async (t) => {
  const primary = await startWatched(t, { hangTimeoutMs: LIMIT }, { fixture: 'primary.mjs' });
  await primary.order({ block: FOR_EVER });
  t.is(await primary.message(), 'stalled');
  primary.process.kill('SIGKILL');
  t.regex(await primary.stderr(), /its primary is gone/);
});

test.serial('preloads of the app do not run in the watchdog thread', async (t) => {
  const preload = fileURLToPath(new URL('test/fixtures/watchdog/say-thread.cjs', ROOT));
  const env = { NODE_OPTIONS: `--require ${preload}` };
  const worker = await startWatched(t, { hangTimeoutMs: LIMIT }, { env });
  await worker.order({ block: FOR_EVER });
  await worker.report('hung');
  worker.process.kill('SIGKILL');
  t.deepEqual((await worker.stderr()).match(/preload in thread \d+/g), ['preload in thread 0']);
});

test.serial('event-loop delay is measured without a thread too, and nothing keeps the process', async (t) => {
  const worker = await startWatched(t, { hangTimeoutMs: LIMIT, stack: false });
  await worker.order({ block: 700 });
  for (;;) {
    worker.send({ delay: true });
    const { delay } = (await worker.message()) as { delay: { max: number } };
    if (delay.max > 300) break; // the sample that saw it may come a turn later
  }
  worker.process.disconnect();
  t.is(await worker.stderr(), '');
});

test.serial('the bundled thread loads nothing but what node brings', (t) => {
  const code = readFileSync(new URL('dist/bundle/watchdog-thread.js', ROOT), 'utf8');
  const imports = [...code.matchAll(/\b(?:from|import|require)\s*\(?\s*["']([^"']+)["']/g)].map(([, name]) => name);
  t.true(imports.length > 0);
  t.deepEqual(
    imports.filter((name) => !name?.startsWith('node:')),
    [],
  );
});
