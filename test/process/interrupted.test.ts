import test, { type ExecutionContext } from 'ava';
import { fixture, kfCluster } from '../helpers/cluster.js';
import '../helpers/json-log.js';
import { collector, once } from '../helpers/delivery.js';
import { get } from '../helpers/http.js';

type Way = readonly [name: string, args: readonly string[], signal: NodeJS.Signals, attributes: object];

const ask = (port: string, path: string) => void get(port, path).catch(() => undefined);

const WAYS: readonly Way[] = [
  [
    'kill -9, with the spool',
    ['--delivery', 'spool'],
    'SIGKILL',
    { 'kf.worker.exit.reason': 'killed', 'kf.worker.exit.signal': 'SIGKILL' },
  ],
  [
    'kill -9, with the journal per span',
    ['--delivery', 'journal', '--journal-per', 'span'],
    'SIGKILL',
    { 'kf.worker.exit.reason': 'killed', 'kf.worker.exit.signal': 'SIGKILL' },
  ],
  ['an uncaught exception', [], 'SIGUSR2', { 'kf.worker.exit.reason': 'crash', 'process.exit.code': 1 }],
  [
    'a hang',
    ['--hang-timeout', '2s', '--no-hang-stack'],
    'SIGWINCH',
    { 'kf.worker.exit.reason': 'hang', 'kf.worker.exit.signal': 'SIGKILL' },
  ],
];

for (const [name, args, signal, attributes] of WAYS) {
  for (const workers of ['1', '2']) {
    test(`${name}, ${workers} worker(s): the request in flight arrives as an error, what had ended does not`, async (t) => {
      const { cluster, port, spans, store } = await start(t, ['-w', workers, ...args]);
      await get(port, '/quick'); // in another worker, perhaps: it ends in any case
      ask(port, '/hold?card=1');
      const [, pid = ''] = await cluster.line(/^holding (\d+)/);
      process.kill(Number(pid), signal);
      await cluster.event('worker-exit');
      await store.waitFor(() => spans('/hold').length > 0);
      cluster.kill('SIGTERM');
      t.is((await cluster.exit).code, 0);
      const [held, ...more] = spans('/hold');
      t.deepEqual(more, []);
      t.is(held?.kind, 'server');
      t.is(held?.status.code, 'error');
      t.like(held?.attributes, { 'kf.interrupted': true, ...attributes, 'http.request.method': 'GET' });
      t.is(held?.resource.attributes['process.pid'], Number(pid));
      t.true(held!.endNs > held!.startNs);
      t.true(spans('/quick').every(({ attributes: own }) => own['kf.interrupted'] === undefined));
      if (args.includes('span')) t.is(spans('/quick').length, 1);
      // What the journal's sender had in flight at the kill may come twice.
      if (!args.includes('journal')) t.true(once(store));
      const interrupted = cluster.stderr().match(/interrupted (\d+)/g) ?? [];
      t.true(interrupted.length > 0, cluster.stderr());
    });
  }
}

test('the drain timeout cuts a request: the flush process ends its span, for no worker is left', async (t) => {
  const { cluster, port, spans, store } = await start(t, ['-w', '1', '--drain-timeout', '100ms']);
  ask(port, '/hold');
  await cluster.line(/^holding/);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
  const [held, ...more] = spans('/hold');
  t.deepEqual(more, []);
  t.like(held?.attributes, { 'kf.worker.exit.reason': 'stop', 'process.exit.code': 0 });
  t.true(once(store));
});

test('with --delivery memory it is refused: what, why, how to mend it', async (t) => {
  const cluster = kfCluster(t, ['start', fixture('apps/breakable.cjs'), '--journal-starts', '--delivery', 'memory']);
  t.is((await cluster.exit).code, 78);
  t.regex(cluster.stderr(), /error CONFIG_INVALID: --journal-starts is not possible.*why: .*fix: /s);
});

async function start(t: ExecutionContext, args: readonly string[]) {
  const { receiver, store } = await collector(t);
  const options = ['--journal-starts', '--flush-timeout', '30s', ...args];
  const cluster = kfCluster(t, ['start', fixture('apps/breakable.cjs'), ...options], {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.grpcUrl },
  });
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  await cluster.event('all-ready');
  const spans = (path: string) => store.spans().filter(({ attributes }) => attributes['url.path'] === path);
  return { cluster, port, spans, store };
}
