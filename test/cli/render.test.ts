import test from 'ava';
import { numberFirst, slotOf } from '../../src/cli/control-flags.js';
import { renderStatus } from '../../src/cli/render-status.js';
import { renderWorker } from '../../src/cli/render-worker.js';
import type { Screen } from '../../src/cli/screen.js';
import { withEach } from '../../src/cli/targets.js';
import type { FullStatus, FullWorkerStatus } from '../../src/contract/control-protocol.js';
import { KfError } from '../../src/contract/errors.js';
import { NO_SPANS } from '../../src/contract/item-account.js';
import { STATS } from '../helpers/worker-stats.js';

const SCREEN: Screen = {
  ...{ columns: Number.POSITIVE_INFINITY, rows: Number.POSITIVE_INFINITY },
  color: false,
  live: false,
};
const WORKER: FullWorkerStatus = {
  ...{ id: 3, slot: 1, generation: 2, pid: 4711, phase: 'ready', forMs: 1_000, uptimeMs: 61_000 },
  ...{ restarts: 1, lastReason: 'crash', stall: undefined, stats: STATS },
  software: { build: '1.0.0+abc', node: 'v22.1.0', script: '/srv/app.js' },
};
const STATUS: FullStatus = {
  ...{ name: 'shop', pid: 4000, script: '/srv/app.js', build: '1.0.0+abc', node: 'v20.19.0' },
  ...{ phase: 'running', leaving: false, generation: 2, target: 2, uptimeMs: 3_600_000 },
  output: { file: undefined, problem: undefined, dropped: { lines: 0, bytes: 0 } },
  connections: { moved: 0, drained: {} },
  workers: [WORKER],
};
const held = { ...NO_SPANS, ended: 9, spooled: 4, pending: 1, held: 'HTTP status 401' };

test('status: a head, and a row for each worker', (t) => {
  t.deepEqual(renderStatus(STATUS, SCREEN).split('\n'), [
    'shop  pid 4000  running  generation 2  2 workers  up 1h 0m  /srv/app.js',
    'kf-cluster 1.0.0+abc, node v20.19.0',
    '',
    'SLOT  GEN   PID  PHASE  UPTIME  RESTARTS   IN FLIGHT  REQUESTS  CONNS  LOOP P99    CPU    RSS  SPANS',
    '   1    2  4711  ready  1m 1s   1 (crash)          1         7      2    1.5 ms  25.0%  48 MB  -',
    '',
  ]);
});

test('status begins with what is wrong: telemetry that is refused, output that was lost', (t) => {
  const refused = { ...WORKER, stats: { ...STATS, spans: held } };
  const output = { file: '/log', problem: 'no space', dropped: { lines: 3, bytes: 90 } };
  const text = renderStatus({ ...STATUS, output, workers: [refused] }, SCREEN);
  t.regex(text, /^TELEMETRY IS REFUSED: HTTP status 401\. 5 items wait: check the key/m);
  t.regex(text, /^output: 3 lines \(90 bytes\) dropped; no space$/m);
  t.true(text.indexOf('REFUSED') < text.indexOf('SLOT'));
});

test('status says what became of the connections of workers that have left', (t) => {
  const connections = { moved: 12, drained: { tls: 2, upgraded: 1 } };
  const text = renderStatus({ ...STATUS, connections }, SCREEN);
  t.regex(text, /^connections of workers that have left: 12 moved, 3 drained \(2 tls, 1 upgraded\)$/m);
});

test('a name from elsewhere draws nothing on the terminal', (t) => {
  t.false(renderStatus({ ...STATUS, name: 'shop\u001b[2J' }, SCREEN).includes('\u001b'));
});

test('describe: a line for each thing that is known of a worker', (t) => {
  t.deepEqual(renderWorker(WORKER, SCREEN).split('\n'), [
    'slot        1',
    'generation  2',
    'pid         4711',
    'phase       ready for 1s',
    'uptime      1m 1s',
    'script      /srv/app.js',
    'kf-cluster  1.0.0+abc',
    'node        v22.1.0',
    'restarts    1, the last one after crash',
    'requests    7, 1 in flight',
    'connections 2',
    'loop delay  1.5 ms at p99',
    'cpu         25.0%',
    'memory      48 MB',
    'spans       -',
    '',
  ]);
});

test('describe: one that does not answer, by what it is blocked, one without a process', (t) => {
  const { stats: _, ...silent } = WORKER;
  t.regex(renderWorker(silent, SCREEN), /^it does not answer: booting, or its event loop is blocked$/m);
  const stalled = { ...silent, stall: { ms: 2_500, frames: ['spin (/srv/app.js:3:1)'] } };
  t.regex(renderWorker(stalled, SCREEN), /worker 1 is blocked for 2\.5 s in:\n {4}at spin \(\/srv\/app\.js:3:1\)\n$/);
  const gone = { ...silent, pid: undefined, uptimeMs: undefined, software: undefined, phase: 'backoff' } as const;
  t.notRegex(renderWorker(gone, SCREEN), /does not answer/);
  t.regex(renderWorker(gone, SCREEN), /^pid +-$/m);
});

test('a number and a name stand in either order; a name alone where the command allows it', (t) => {
  t.deepEqual(numberFirst({ slot: '4', supervisor: 'shop' }, 'slot'), { slot: '4', supervisor: 'shop' });
  t.deepEqual(numberFirst({ slot: 'shop', supervisor: '+4' }, 'slot'), { slot: '+4', supervisor: 'shop' });
  t.deepEqual(numberFirst({ slot: 'shop', supervisor: ['4'] }, 'slot'), { slot: '4', supervisor: 'shop' });
  t.deepEqual(numberFirst({ slot: 'a', supervisor: ['b'] }, 'slot', true), { slot: undefined, supervisor: ['a', 'b'] });
  t.deepEqual(numberFirst({ slot: 'a' }, 'slot'), { slot: 'a' });
  t.is(slotOf('12'), 12);
  for (const wrong of ['-1', 'x', '1.5', undefined]) t.throws(() => slotOf(wrong), { code: 'BAD_FLAG' }, String(wrong));
});

test('an order to several goes on behind one that fails, and exits with the first code that is not 0', async (t) => {
  const done: string[] = [];
  const all = ['a', 'b', 'c'].map((name) => ({
    identity: { api: 1, name, pid: 1, script: '/app.js' },
    call: () => Promise.reject(new Error('not asked')),
  }));
  const code = await withEach(all, async ({ identity: { name } }) => {
    done.push(name);
    if (name === 'b') throw new KfError('BUSY', 'reload was refused', 'a reload is under way');
    return 0;
  });
  t.deepEqual(done, ['a', 'b', 'c']);
  t.is(code, 75);
});
