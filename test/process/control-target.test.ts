import test from 'ava';
import type { FullStatus } from '../../src/contract/control-protocol.js';
import { fixture } from '../helpers/cluster.js';
import '../helpers/json-log.js';
import { session } from '../helpers/control.js';
import { eventsIn } from '../helpers/log-lines.js';

const START = ['start', fixture('apps/http.cjs'), '--no-telemetry', '-w', '1', '--name'];

test('a supervisor is named without a flag too, and beside a number in either order, as with pm2', async (t) => {
  const { start, run } = session(t);
  const [a, b] = ['a', 'b'].map((name) => start([...START, name])) as [
    ReturnType<typeof start>,
    ReturnType<typeof start>,
  ];
  await Promise.all([a.ready(1), b.ready(1)]);
  const statusOf = async (name: string): Promise<FullStatus> =>
    JSON.parse((await run('status', name, '--json')).stdout) as FullStatus;
  t.is((await statusOf('b')).pid, b.pid);
  t.is((await run('status', 'c')).code, 4);

  t.is((await run('scale', 'b', '3')).stdout, 'from 1 to 3 workers\n');
  t.is((await run('scale', '-1', 'b')).stdout, 'from 3 to 2 workers\n');
  t.regex((await run('describe', '0', 'b')).stdout, /^slot +0$/m);
  t.regex((await run('describe', 'b', '0')).stdout, /^slot +0$/m);
  t.regex((await run('signal', 'USR2', 'b')).stdout, /^SIGUSR2 sent to/);
  t.regex((await run('restart', 'b', '0')).stdout, /^slot 0: forking/m);
  t.notRegex((await run('restart', 'a')).stdout, /slot 1/);
  t.is((await run('reload', 'a')).code, 0);
  t.deepEqual([(await statusOf('a')).generation, (await statusOf('b')).generation], [2, 1]);
  t.is(eventsIn((await run('logs', 'a')).stdout, 'reload-done', { generation: 2 }).length, 1);
  t.is((await run('stop', 'a')).stdout, 'a stopped\n');
  t.is((await run('stop', 'b')).stdout, 'b stopped\n');
  await Promise.all([a.exit, b.exit]);
});

const MISTAKES: Readonly<Record<string, readonly [args: string[], said: RegExp]>> = {
  'two names': [['status', 'a', '--name', 'b'], /BAD_FLAG[\s\S]*a and b[\s\S]*once/],
  'a name and a pidfile': [['stop', 'a', '--pidfile', 'b.pid'], /BAD_FLAG[\s\S]*a and b\.pid/],
  'one argument too many': [
    ['signal', 'USR2', 'a', 'b'],
    /UNKNOWN_FLAG: unexpected argument b[\s\S]*kf-cluster signal --help/,
  ],
  'no slot': [['describe', 'x', 'y'], /BAD_FLAG: "x" is no slot[\s\S]*kf-cluster status/],
  'no slot to signal': [['signal', 'USR2', '--worker', 'x'], /BAD_FLAG: "x" is no slot/],
  'no slot to read': [['logs', '--worker', 'x'], /BAD_FLAG: "x" is no slot/],
  'no number': [['scale', 'many'], /BAD_FLAG: scale to many[\s\S]*kf-cluster scale --help/],
  'no signal': [['signal', 'NOPE'], /BAD_FLAG: NOPE is no signal[\s\S]*kill -l/],
  'no time': [['logs', '--since', 'x'], /BAD_FLAG: --since is "x"[\s\S]*kf-cluster logs --help/],
};

for (const [name, [args, said]] of Object.entries(MISTAKES)) {
  test(`${name} is told, and nobody is asked: ${args.join(' ')}`, async (t) => {
    const { run } = session(t);
    const { code, stderr } = await run(...args);
    t.is(code, 2);
    t.regex(stderr, said);
  });
}
