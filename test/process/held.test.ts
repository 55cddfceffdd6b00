import { chmodSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import test from 'ava';
import { decodeTraces } from '../../src/dev/decode.js';
import { session, workDir } from '../helpers/control.js';
import '../helpers/json-log.js';
import { get } from '../helpers/http.js';
import { startShop } from '../helpers/signals.js';

test('a rotated key: what the collector refuses is held, status says so, and the new key in the file brings it', async (t) => {
  const names: string[] = [];
  let refused: () => void = () => undefined;
  const refusal = new Promise<void>((resolve) => {
    refused = resolve;
  });
  const collector = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray());
    if (request.headers['api-key'] !== 'new') {
      response.writeHead(401).end(refused);
      return;
    }
    names.push(...decodeTraces(body, 'protobuf').map(({ name }) => name));
    response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
  });
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  t.teardown(() => collector.close());
  const file = join(workDir(t), 'otlp.headers');
  writeFileSync(file, 'api-key=old\n', { mode: 0o600 });
  const { args, env } = startShop({
    fixture: 'app.cjs',
    args: ['--exporter-otlp-headers-file', file],
    env: {
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(collector.address() as AddressInfo).port}`,
      OTEL_BSP_SCHEDULE_DELAY: '10',
    },
  });
  const { start, run } = session(t);
  const shop = start(args, { env });
  const [, port = ''] = await shop.line(/^listening (\d+)/);
  await shop.ready(1);
  await get(port, '/a');
  await refusal;
  const { msg, fix } = await shop.event('collector-refuses');
  t.regex(msg, /HTTP status 401/);
  t.regex(`${fix}`, /headers file, which is read again/);
  const shown = await run('status', 'shop');
  t.regex(shown.stdout, /^TELEMETRY IS REFUSED: HTTP status 401\. 1 items wait/m, shown.stderr);
  writeFileSync(file, 'api-key=new\n');
  chmodSync(file, 0o600);
  shop.kill('SIGTERM');
  t.is((await shop.exit).code, 0, shop.stderr());
  t.deepEqual(names, ['GET']);
  t.is(shop.events('worker-flushed', { spans_exported: 1, spans_spooled: 0, spans_dropped: 0 }).length, 1);
  t.notRegex(shop.stderr(), /api-key=|=old|=new/);
});
