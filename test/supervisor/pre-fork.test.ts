import test from 'ava';
import { forks, scripted } from './scripted-ports.js';

test('preFork: what it returns is in the environment of that worker', (t) => {
  const { supervisor, ports } = scripted({ workers: 2 }, { preFork: ({ slot }) => ({ PORT: String(3_000 + slot) }) });
  const forked = forks(ports, 2);
  supervisor.start();
  return forked.then(() => t.is(ports.worker(2).spec.env.PORT, '3001'));
});

test('preFork that takes its time: nothing else waits, and the worker is forked when it is done', async (t) => {
  const hook = deferred<Record<string, string>>();
  const { supervisor, ports } = scripted({}, { preFork: () => hook.promise });
  const forked = forks(ports, 1);
  supervisor.start();
  t.is(supervisor.status().workers[0]?.phase, 'starting');
  t.is(supervisor.status().workers[0]?.pid, undefined);
  hook.resolve({ A: 'late' });
  await forked;
  t.is(ports.worker(1).spec.env.A, 'late');
});

for (const [name, preFork] of [
  ['throws', () => raise('no slot for you')],
  ['rejects', () => Promise.reject(new Error('no slot for you'))],
] as const) {
  test(`preFork that ${name} is a failed boot with that error`, async (t) => {
    const { supervisor, ports, written, exits } = scripted({}, { preFork });
    const exited = new Promise((resolve) => supervisor.once('exit', resolve));
    ports.rolls.push(...Array.from({ length: 50 }, () => 0));
    supervisor.start();
    t.is(await exited, 70);
    t.is(ports.workers.length, 0);
    t.is(written.join('').match(/preFork of hooks.js failed/g)?.length, 1);
    t.regex(supervisor.failedStderr(), /no slot for you/);
    t.deepEqual(exits, [70]);
  });
}

test('preFork that never ends holds up neither the boot timeout nor the stop, and forks nothing afterwards', async (t) => {
  const hook = deferred<undefined>();
  const { supervisor, ports, lines, exits } = scripted({}, { preFork: () => hook.promise });
  ports.rolls.push(...Array.from({ length: 10 }, () => 0));
  supervisor.start();
  ports.advance(30_000);
  t.true(lines.some((line) => line.includes('worker 0 exited') && line.includes('reason=boot-timeout')));
  t.true(
    lines.some((line) => line.includes('preFork hook has not ended')),
    'not that Node has not begun',
  );
  supervisor.stop();
  t.deepEqual(exits, [0]);
  hook.resolve(undefined);
  await hook.promise;
  await Promise.resolve();
  t.is(ports.workers.length, 0);
});

function deferred<T>() {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

function raise(text: string): never {
  throw new Error(text);
}
