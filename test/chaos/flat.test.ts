import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { call } from '../../src/control/client.js';
import { BIN, fixture, NODE, privateDir, watch } from '../helpers/cluster.js';
import '../helpers/json-log.js';
import { onLinux } from '../helpers/linux.js';

/** KF_CHAOS_RELOADS: how often it is reloaded; 200 for a thorough run. */
const RELOADS = Number(process.env.KF_CHAOS_RELOADS ?? 40);
/** So many until everything that is loaded once has been loaded. */
const WARM = 20;
/** So many of the last readings stand for one. */
const READINGS = 5;

test('reloads leave the primary as it was: descriptors, memory, children', async (t) => {
  if (!onLinux(t, '/proc')) return;
  t.timeout((RELOADS + WARM) * 4_000 + 60_000);
  const runtimeDir = privateDir(t);
  const flags = ['-w', '2', '--name', 'flat', '--canary-time', '0', '--admin-port', '0', '--no-telemetry'];
  const args = ['--require', fixture('chaos/holds.cjs'), BIN, 'start', fixture('apps/http.cjs'), ...flags];
  const cluster = watch(t, NODE, args, { env: { XDG_RUNTIME_DIR: runtimeDir } });
  await cluster.ready(2);
  const socket = join(runtimeDir, 'kf-cluster', 'flat.sock');
  const readings: { fds: string[]; rss: number; heapUsed: number }[] = [];
  for (let reload = 0; reload < WARM + RELOADS; reload += 1) {
    const lines: unknown[] = [];
    await call(socket, { method: 'POST', path: '/v1/reload', patience: 0, onLine: (line) => void lines.push(line) });
    t.like(lines.at(-1), { type: 'done' });
    cluster.kill('SIGWINCH');
    const said = await cluster.lineTimes(/^holds (.*)/, reload + 1);
    readings.push({ ...JSON.parse(said.at(-1)?.[1] ?? ''), fds: descriptorsOf(cluster.pid) });
  }
  const [before, after] = [readings.slice(WARM - READINGS, WARM), readings.slice(-READINGS)];
  // A call may still be open when it is counted: the fewest are those that stay.
  const counts = [before, after].map((some) => Math.min(...some.map(({ fds }) => fds.length)));
  const [rssBefore = 0, rssAfter = 0] = [before, after].map((some) => median(some.map(({ rss }) => rss)));
  const heaps = [before, after].map((some) => median(some.map(({ heapUsed }) => heapUsed)));
  t.log(
    `after ${WARM} and ${RELOADS} more reloads: descriptors ${counts}, RSS ${rssBefore} ${rssAfter}, heap ${heaps}`,
  );
  t.is(counts[1], counts[0], after.at(-1)?.fds.join(' '));
  t.true(rssAfter < rssBefore * 1.1);
  // Two workers, the shell that waits for the primary's end, and the one that looks at signs of life.
  t.is(childrenOf(cluster.pid).length, 4);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
});

function descriptorsOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`);
}

function childrenOf(pid: number): string[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
