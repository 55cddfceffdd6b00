import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { fixture, kfCluster } from '../helpers/cluster.js';
import '../helpers/json-log.js';
import { collector } from '../helpers/delivery.js';
import { get } from '../helpers/http.js';
import { limitMemory } from '../helpers/memory.js';
import { tempDir } from '../helpers/spool.js';

/** The OOM killer of a container, where one can be made here; it kills with SIGKILL, as `/kill` does. */
const MB = 1 << 20;

const DEATHS: readonly (readonly [string, string, string])[] = [
  ['SIGKILL', '/kill', 'SIGKILL'],
  ['a kill for its memory', '/memory', 'SIGKILL'],
  ['a heap that is full', '/heap', 'SIGABRT'],
  ['process.abort()', '/abort', 'SIGABRT'],
  ['a segmentation fault', '/segv', 'SIGSEGV'],
];

for (const per of ['span', 'batch']) {
  const loss = per === 'span' ? 'no span is lost' : 'only spans of the turn it died in are lost';
  for (const [name, path, signal] of DEATHS) {
    test(`${name}, with the journal per ${per}: ${loss}`, async (t) => {
      const { receiver, store } = await collector(t);
      const dir = tempDir(t);
      const ended = join(dir, 'ended');
      const args = ['-w', '1', '--delivery', 'journal', '--journal-per', per, '--no-auto-instrumentation'];
      const cluster = kfCluster(
        t,
        ['start', fixture('apps/dies.cjs'), ...args, '--flush-timeout', '30s', '--node-args=--max-old-space-size=64'],
        { env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.grpcUrl, ENDED: ended }, cwd: dir },
      );
      const [, port = ''] = await cluster.line(/^listening (\d+)/);
      await cluster.ready(1);
      const pid = Number((await get(port, '/step')).body);
      const asked = path === '/memory' && !limitMemory(t, pid, 200 * MB) ? '/kill' : path;
      await t.throwsAsync(get(port, asked));
      await cluster.event('worker-exit', { slot: 0, signal });
      const written = readFileSync(ended, 'utf8').trim().split('\n');
      const turnOf = (line: string) => Number(line.slice(0, line.indexOf(' ')));
      const nameOf = (line: string) => line.slice(line.indexOf(' ') + 1);
      const last = Math.max(...written.map(turnOf));
      t.is(written.length, 1_205);
      const safe = per === 'span' ? written : written.filter((line) => turnOf(line) < last);
      const arrived = () => new Set(store.spans().map((span) => span.name));
      await store.waitFor(() => {
        const names = arrived();
        return safe.every((line) => names.has(nameOf(line)));
      });
      cluster.kill('SIGTERM');
      t.is((await cluster.exit).code, 0);
      const names = arrived();
      const missing = written.filter((line) => !names.has(nameOf(line)));
      t.deepEqual(
        missing.filter((line) => per === 'span' || turnOf(line) < last),
        [],
      );
      const exit = store.spans().find((span) => span.name === 'kf.worker.exit');
      t.like(exit?.attributes, { 'kf.worker.exit.signal': signal, 'kf.worker.pid': pid });
    });
  }
}
