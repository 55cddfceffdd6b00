import { join } from 'node:path';
import test from 'ava';
import { accounts, collector, once, oneWorker, spansApp } from '../helpers/delivery.js';
import '../helpers/json-log.js';
import { filesBelow, tempDir } from '../helpers/spool.js';

const WAYS: [string, string, string, RegExp, RegExp][] = [
  ['process.exit', '/exit', 'spool', /worker \d exited with code 3/, /^/],
  ['an uncaught exception', '/throw', 'spool', /worker \d exited with code 1/, /SyntaxError: Unexpected token/],
  ['an unhandled rejection', '/reject', 'spool', /worker \d exited with code 1/, /Error: rejected on request/],
  ['SIGKILL, with the journal', '/kill', 'journal', /worker \d exited by SIGKILL/, /^/],
];

for (const [name, way, delivery, exited, shown] of WAYS) {
  for (const workers of ['1', '2']) {
    const candidate = workers === '1' ? 'its successor' : 'its sibling';
    test(`${name} while the collector is down: ${candidate} sends every span once, as the spans of who made them`, async (t) => {
      const { receiver, store } = await collector(t);
      await receiver.pause();
      const dir = join(tempDir(t), 'spool');
      const cluster = spansApp(t, receiver.grpcUrl, ['-w', workers, '--delivery', delivery, '--spool-dir', dir]);
      const [, port = ''] = await cluster.line(/^listening (\d+)/);
      await cluster.event('all-ready');
      const worker = oneWorker(port);
      const pid = await worker.end(3000);
      await worker.leave(way);
      await cluster.line(exited);
      if (delivery === 'spool')
        await cluster.event('worker-flushed', { spans_exported: 0, spans_spooled: 3010, spans_dropped: 0 });
      t.regex(cluster.stderr(), shown);
      await receiver.resume();
      await store.waitFor(() => store.spans().filter((span) => span.name.startsWith('span ')).length >= 3010);
      const arrived = store.spans().filter((span) => span.name.startsWith('span '));
      t.is(arrived.length, 3010);
      t.true(arrived.every(({ resource }) => resource.attributes['process.pid'] === pid));
      t.is(new Set(arrived.map(({ resource }) => resource.attributes['service.instance.id'])).size, 1);
      cluster.kill('SIGTERM');
      t.is((await cluster.exit).code, 0);
      t.true(once(store));
      t.like(
        accounts(cluster),
        {
          exported: store.spans().length,
          recovered: 3010,
          dropped: 0,
          pending: 0,
        },
        cluster.stderr(),
      );
      t.deepEqual(filesBelow(dir), []);
    });
  }
}
