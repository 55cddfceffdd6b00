import { EventEmitter } from 'node:events';
import test, { type ExecutionContext } from 'ava';
import { answerPm2 } from '../../src/platforms/pm2/fork-mode.js';
import type { Supervisor } from '../../src/supervisor/supervisor.js';

/** Keeps what this process sends to who has started it; `send` is undefined where nobody has. */
function keepSent(t: ExecutionContext, isThere = true): unknown[] {
  const sent: unknown[] = [];
  const send = process.send?.bind(process);
  const keep = (message: object | string) => {
    // What runs the tests has the same channel.
    if (typeof message === 'object' && 'ava' in message) return send?.(message) ?? false;
    return sent.push(message) > 0;
  };
  Object.assign(process, { send: isThere ? keep : undefined });
  t.teardown(() => void Object.assign(process, { send }));
  return sent;
}

/** pm2 says something to this process. */
const say = (message: unknown) => process.emit('message', message, undefined);

/** A supervisor of which only its notifications and its stop are there. */
function supervising() {
  const supervisor = new EventEmitter();
  let stops = 0;
  Object.assign(supervisor, { stop: () => stops++ });
  const notify = (type: string) => supervisor.emit('notification', { type });
  return { supervisor: supervisor as unknown as Supervisor, notify, stops: () => stops };
}

test.serial('a primary that pm2 has started says ready once all workers are, and stops by its message', (t) => {
  const sent = keepSent(t);
  const { supervisor, notify, stops } = supervising();
  const end = answerPm2(supervisor);
  notify('worker-ready');
  t.deepEqual(sent, []);
  notify('all-ready');
  t.deepEqual(sent, ['ready']);
  say('anything');
  t.is(stops(), 0);
  say('shutdown');
  t.is(stops(), 1);
  const { channel } = process;
  t.teardown(() => channel?.ref());
  end();
  say('shutdown');
  notify('all-ready');
  t.deepEqual([sent, stops()], [['ready'], 1]);
});

test.serial('without a channel there is nobody to answer', (t) => {
  keepSent(t, false);
  const { supervisor, notify } = supervising();
  const end = answerPm2(supervisor);
  t.notThrows(() => notify('all-ready'));
  t.is(supervisor.listenerCount('notification'), 0);
  end();
});
