import { join } from 'node:path';
import test from 'ava';
import { Account } from '../../../src/telemetry/outbox/account.js';
import { bytesOf } from '../../../src/telemetry/outbox/format/part.js';
import { nodePorts } from '../../../src/telemetry/outbox/outbox-ports.js';
import { bySignal } from '../../../src/telemetry/outbox/pipeline.js';
import { Journal } from '../../../src/telemetry/outbox/store/journal.js';
import { Store } from '../../../src/telemetry/outbox/store/store.js';
import { tempDir } from '../../helpers/spool.js';

const SPAN_BYTES = 100;

for (const delivery of ['spool', 'journal'] as const)
  test(`${delivery}: what waits in memory is what is counted, also where small neighbours become one entry`, (t) => {
    const nothing = () => undefined;
    const ports = nodePorts;
    const journal = new Journal({
      ...{ root: join(tempDir(t), 'spool'), maxBytes: 64 << 20, ports, warn: nothing },
      ...{ onEvict: nothing, onLost: nothing },
    });
    t.teardown(() => journal.close());
    const accounts = bySignal((signal) => new Account({ signal, now: ports.now, onDrop: nothing }));
    const store = new Store({ delivery, journal, accounts, ports, maxMemoryBytes: 10 * SPAN_BYTES });
    for (let i = 0; i < 50; i++) {
      const parts = [{ bytes: Buffer.alloc(SPAN_BYTES, i), items: 1 }];
      store.handIn({ kind: 'traces', encoding: 'protobuf', items: 1, parts });
      const held = store.backlog.entries.reduce((sum, { chunks }) => sum + (chunks ? bytesOf(chunks) : 0), 0);
      t.is(store.backlog.memoryBytes, held, `after ${i + 1}`);
      t.true(held <= 10 * SPAN_BYTES);
    }
    t.is(
      store.backlog.entries.reduce((sum, { items }) => sum + items, 0),
      50,
    );
  });
