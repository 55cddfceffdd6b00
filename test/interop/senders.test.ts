import { execFile } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { collector } from '../helpers/delivery.js';
import { root } from '../helpers/run-node.js';

// SDK 2.x and 3.x: test/dev/senders.
for (const protocol of ['grpc', 'http/protobuf', 'http/json']) {
  for (const compression of ['none', 'gzip']) {
    test(`SDK 1.30 over ${protocol}, compression ${compression}, into the receiver of kf-cluster dev`, async (t) => {
      const { receiver, store } = await collector(t);
      const sender = join(root, '.cache/interop/sdk1.cjs');
      cpSync(join(root, 'test/interop/apps/sdk1.cjs'), sender);
      const url = protocol === 'grpc' ? receiver.grpcUrl : `${receiver.httpUrl}/v1/traces`;
      const { stderr } = await promisify(execFile)(process.execPath, [sender, protocol, url, compression]);
      t.is(stderr, '');
      const spans = store.spans();
      t.deepEqual(
        spans.map(({ name }) => name),
        ['span 0', 'span 1', 'span 2', 'span 3', 'span 4'],
      );
      const [span] = spans;
      t.like(span, { kind: 'client', status: { code: 'error', message: 'failed' } });
      t.deepEqual(span?.attributes, { index: 0, deep: [1, 2] });
      t.is(span?.resource.attributes['service.name'], 'sdk1');
      t.is(span?.events[0]?.attributes['exception.type'], 'RangeError');
      t.is(span?.links[0]?.traceId, '1'.repeat(32));
    });
  }
}
