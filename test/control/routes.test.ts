import test from 'ava';
import type { StdoutElsewhere } from '../../src/contract/stdout-elsewhere.js';
import { STATS } from '../helpers/worker-stats.js';
import { hosted, refused } from './hosted.js';

test('GET /v1 and /v1/status: who answers, each worker with its figures, and what output was lost', async (t) => {
  const { ask } = await hosted(t);
  t.like(await ask({ path: '/v1' }), { api: 1, name: 'test', script: '/app.js' });
  const status = await ask<{ workers: readonly unknown[] }>({ path: '/v1/status' });
  t.like(status, { phase: 'running', target: 2, leaving: false, output: { dropped: { lines: 3 } } });
  t.is(status.workers.length, 2);
  t.like(status.workers[1], { slot: 1, phase: 'ready', stats: STATS });
});

test('GET /v1/config names every option as it may be seen', async (t) => {
  const { ask } = await hosted(t, {
    env: { OTEL_EXPORTER_OTLP_HEADERS: 'key=secret', PASSWORD: 'secret', OTEL_SERVICE_NAME: 'shop' },
  });
  const { config } = await ask<{ config: Record<string, string> }>({ path: '/v1/config' });
  t.is(config['drain-timeout'], '25s');
  t.is(config['env.OTEL_SERVICE_NAME'], 'shop');
  t.truthy(config['env.PASSWORD']);
  t.false(JSON.stringify(config).includes('secret'));
});

test('POST /v1/scale: to a number, by a number, and what it refuses', async (t) => {
  const { ask, ports } = await hosted(t);
  const scale = (body: unknown) => ask({ method: 'POST', path: '/v1/scale', body });
  t.deepEqual(await scale({ workers: 3 }), { from: 2, to: 3 });
  t.is(ports.workers.length, 3);
  t.deepEqual(await scale({ by: -2 }), { from: 3, to: 1 });
  t.is((await refused(t, scale({}))).why, 'expected {"workers": N} or {"by": N}');
  t.is((await refused(t, scale({ workers: 1.5 }))).code, 'BAD_REQUEST');
  t.is((await refused(t, scale({ workers: -1 }))).code, 'BAD_REQUEST');
});

test('POST /v1/signal: to all, to one slot, and not for a signal or a slot that is none', async (t) => {
  const { ask, ports } = await hosted(t);
  const signal = (body: unknown) => ask({ method: 'POST', path: '/v1/signal', body });
  t.deepEqual(await signal({ signal: 'SIGUSR2' }), { signal: 'SIGUSR2', pids: [1_001, 1_002] });
  t.deepEqual(await signal({ signal: 'SIGCONT', slot: 1 }), { signal: 'SIGCONT', pids: [1_002] });
  t.deepEqual(
    ports.workers.map(({ signals }) => signals),
    [['SIGUSR2'], ['SIGUSR2', 'SIGCONT']],
  );
  for (const body of [
    { signal: 'SIGNONE' },
    { signal: 9 },
    { signal: 'SIGHUP', slot: 7 },
    { signal: 'SIGHUP', slot: -1 },
  ])
    t.is((await refused(t, signal(body))).code, 'BAD_REQUEST', JSON.stringify(body));
});

test('a reload is reported step by step, and its dry run says what would change', async (t) => {
  const { ask, ports, supervisor } = await hosted(t, {}, { drainTimeoutMs: 1_000 });
  const { changes } = await ask<{ changes: unknown }>({ method: 'POST', path: '/v1/reload?dry-run=true' });
  t.deepEqual(changes, [{ name: 'drain-timeout', from: '25s', to: '1s', applies: true }]);
  ports.onFork = (worker) => {
    setImmediate(() => {
      worker.ready();
      ports.advance(500); // the canary's trial
    });
  };
  const lines: { type: string; step?: string }[] = [];
  await ask<void, { type: string }>({ method: 'POST', path: '/v1/reload', onLine: (line) => lines.push(line) });
  t.is(lines[0]?.type, 'started');
  t.is(lines.at(-1)?.type, 'done');
  t.is(lines.filter(({ step }) => step === 'ready').length, 2);
  t.is(lines.filter(({ step }) => step === 'drained').length, 2);
  t.is(supervisor.config().drainTimeoutMs, 1_000);
});

test('GET /v1/logs: the kept lines of all, of one slot, since a time, the last ones; a query that is none is refused', async (t) => {
  const { ask, ring } = await hosted(t);
  ring.own('ours');
  ring.worker(0, 'stdout').write(Buffer.from('a\nb\n'));
  ring.worker(1, 'stderr').write(Buffer.from('c\n'));
  const logs = async (query: string) => {
    const texts: string[] = [];
    await ask<void, { text: string }>({ path: `/v1/logs?${query}`, onLine: ({ text }) => texts.push(text) });
    return texts;
  };
  t.deepEqual(await logs(''), ['ours', 'a', 'b', 'c']);
  t.deepEqual(await logs('worker=0'), ['a', 'b']);
  t.deepEqual(await logs('lines=1'), ['c']);
  t.deepEqual(await logs('since=6'), []);
  t.is((await refused(t, logs('worker=x'))).code, 'BAD_REQUEST');
});

test('GET /v1/logs: stdout that another process reads stands among the lines in the order of time; not where one slot is asked for', async (t) => {
  const { ask, ring, host } = await hosted(t);
  ring.own('ours'); // at 5
  const line = (at: number, text: string) => ({ seq: undefined, at, slot: undefined, stream: 'stdout' as const, text });
  const logs = async (query: string, kept: ReturnType<typeof line>[] | undefined) => {
    const texts: string[] = [];
    const stdoutElsewhere: StdoutElsewhere = (_, listener) => {
      queueMicrotask(() => listener.onKept(kept));
      return () => undefined;
    };
    Object.assign(host.output, { stdoutElsewhere });
    await ask<void, { text: string }>({ path: `/v1/logs?${query}`, onLine: ({ text }) => texts.push(text) });
    return texts;
  };
  const kept = [line(4, 'before'), line(5, 'beside'), line(6, 'after')];
  t.deepEqual(await logs('', kept), ['before', 'ours', 'beside', 'after']);
  t.deepEqual(await logs('lines=1', kept), ['after']);
  t.deepEqual(await logs('worker=0', kept), []);
  t.deepEqual(await logs('stream=stdout', kept), ['before', 'beside', 'after']);
  t.deepEqual(await logs('stream=stderr', kept), []);
  t.regex((await logs('', undefined)).join(), /stdout is missing here.*,ours/);
});

test('what is no call, no JSON, too long or cannot be done is an error with its reason', async (t) => {
  const { ask } = await hosted(t);
  const post = (body: unknown) => ask({ method: 'POST', path: '/v1/scale', body });
  t.regex((await refused(t, ask({ method: 'POST', path: '/v1/status' }))).why, /^the calls are GET \/v1, /);
  t.is((await refused(t, post([1]))).why, 'the body is not a JSON object');
  t.is((await refused(t, post({ workers: 'x'.repeat(10_001) }))).why, 'the body is too long');
  t.is((await refused(t, ask({ method: 'POST', path: '/v1/logs/reopen' }))).code, 'REFUSED');
});

test('POST /v1/stop stops, and what comes behind it is refused as busy', async (t) => {
  const { ask, ports, supervisor } = await hosted(t);
  ports.onSend = () => undefined; // its workers take their time
  t.deepEqual(await ask({ method: 'POST', path: '/v1/stop' }), { stopped: true });
  t.is(supervisor.status().phase, 'stopping');
  t.is((await refused(t, ask({ method: 'POST', path: '/v1/scale', body: { by: 1 } }))).code, 'BUSY');
  t.is((await refused(t, ask({ method: 'POST', path: '/v1/restart' }))).code, 'BUSY');
});
