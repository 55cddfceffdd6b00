import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { fixture, kfCluster, privateDir } from '../helpers/cluster.js';
import { get } from '../helpers/http.js';
import { freePort } from '../helpers/raw.js';
import '../helpers/json-log.js';

/** Modules of Node that cost a process milliseconds and memory, and what else each brings along. */
const DEAR = ['crypto', 'inspector', 'perf_hooks', 'timers/promises', 'worker_threads', 'internal/tty', 'zlib'];

interface Said {
  readonly when: string;
  readonly loaded: readonly string[];
}

test('a worker without telemetry loads nothing of Node that its app does not ask for: at its boot, with a request, at its end', async (t) => {
  const port = await freePort();
  const flags = ['--no-telemetry', '-w', '1', '--hang-timeout', '1s'];
  const cluster = kfCluster(t, ['start', fixture('apps/modules.cjs'), ...flags], { env: { PORT: String(port) } });
  await cluster.event('all-ready');
  t.is((await get(port)).status, 200);
  cluster.kill('SIGTERM');
  await cluster.exit;
  const said = [...cluster.stdout().matchAll(/^\{"when".*$/gm)].map(([line]) => JSON.parse(line) as Said);
  t.deepEqual(
    said.map(({ when, loaded }) => [when, DEAR.filter((one) => loaded.includes(one))]),
    [
      ['listening', []],
      ['exit', []],
    ],
  );
});

/** The same of a primary, which reads configuration: what only some configurations ask for. */
const DEAR_IN_PRIMARY = [...DEAR, 'internal/blocklist'];

test('a primary without telemetry loads nothing of Node that its configuration does not ask for', async (t) => {
  const [port, file] = [await freePort(), join(privateDir(t), 'loaded')];
  const flags = ['--no-telemetry', '-w', '1', '--hooks', fixture('hooks/modules.cjs')];
  const env = { PORT: String(port), LOADED: file };
  const cluster = kfCluster(t, ['start', fixture('apps/modules.cjs'), ...flags], { env });
  await cluster.event('all-ready');
  t.is((await get(port)).status, 200);
  cluster.kill('SIGTERM');
  await cluster.exit;
  const loaded = JSON.parse(readFileSync(file, 'utf8')) as string[];
  t.deepEqual(
    DEAR_IN_PRIMARY.filter((one) => loaded.includes(one)),
    [],
  );
});

/** 4 to 10 MB together, and undici 5 MB more, which node:http has getters for on Node 22 and newer. */
const PATCHED_WHEN_LOADED = /undici|^https$|http2|tls/;

test('a traced worker loads none of the modules of Node that are instrumented but node:http, which its app asks for', async (t) => {
  const port = await freePort();
  const cluster = kfCluster(t, ['start', fixture('apps/modules.cjs'), '-w', '1'], { env: { PORT: String(port) } });
  await cluster.event('all-ready');
  t.is((await get(port)).status, 200);
  cluster.kill('SIGTERM');
  await cluster.exit;
  const said = [...cluster.stdout().matchAll(/^\{"when".*$/gm)].map(([line]) => JSON.parse(line) as Said);
  t.deepEqual(
    said.map(({ when, loaded }) => [when, loaded.filter((one) => PATCHED_WHEN_LOADED.test(one))]),
    [
      ['listening', []],
      ['exit', []],
    ],
  );
});
