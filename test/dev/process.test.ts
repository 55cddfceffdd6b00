import { type ChildProcess, execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import test from 'ava';
import type { HelperMessage } from '../../src/dev/helper-messages.js';
import type { Owner } from '../helpers/cluster.js';
import { visible } from '../helpers/colors.js';
import { smallRequest } from '../helpers/otlp-bytes.js';
import { PROTOBUF, post } from '../helpers/otlp-client.js';
import { holdOtlpPorts } from '../helpers/otlp-ports.js';
import { OWN_PLACE } from '../helpers/own-place.js';

const script = fileURLToPath(new URL('../../src/dev/receiver-process.js', import.meta.url));
const sender = fileURLToPath(new URL('../../../test/fixtures/dev-sender.mjs', import.meta.url));

let held: readonly number[] = [];
test.before(async () => {
  held = await holdOtlpPorts();
});

async function start(owner: Owner, env: Record<string, string> = {}) {
  const own = { PATH: process.env.PATH, ...OWN_PLACE, ...env };
  const helper = fork(script, { env: own, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  owner.teardown(() => helper.kill('SIGKILL'));
  const output = text(helper.stdout as NonNullable<ChildProcess['stdout']>);
  const exit = once(helper, 'exit');
  const [listening] = (await once(helper, 'message')) as [HelperMessage];
  if (listening.type !== 'listening') throw new TypeError(`expected listening, got ${listening.type}`);
  return { helper, output, exit, ...listening };
}

const send = (endpoint: string, slot: number) =>
  promisify(execFile)(process.execPath, [sender, String(slot)], {
    env: { ...process.env, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint },
  });

test('prints each trace once, survives the signals of the group, and gives the summary when asked', async (t) => {
  const { helper, output, exit, grpcUrl } = await start(t, { FORCE_COLOR: '1' });
  await send(grpcUrl, 2);
  helper.kill('SIGINT');
  helper.kill('SIGTERM');
  helper.kill('SIGHUP');
  await send(grpcUrl, 3);
  helper.send({ type: 'finish' });
  const [summary] = (await once(helper, 'message')) as [HelperMessage & { type: 'summary' }];
  t.deepEqual(
    summary.counts.workers.map(({ slot, received }) => ({ slot, received })),
    [2, 3].map((slot) => ({ slot, received: 3 })),
  );
  t.deepEqual(await exit, [0, null]);
  const lines = visible(await output)
    .trimEnd()
    .split('\n');
  t.is(lines.length, 4);
  for (const slot of [2, 3]) {
    const [good, bad] = lines.filter((line) => line.includes(`worker ${slot}`));
    t.regex(good ?? '', /^worker \d {2}GET \/rolldice 200 {2}\d+\.\d ms {2}2 spans {2}trace [0-9a-f]{8}…$/);
    t.regex(bad ?? '', /^<red>worker \d {2}GET \/fail 500 .* 1 span {2}trace .*… {2}RangeError: no dice<\/>$/);
  }
});

test('ends when its primary is gone, and tells what it still holds', async (t) => {
  const { helper, output, exit, httpUrl } = await start(t);
  t.is((await post(`${httpUrl}/v1/traces`, smallRequest(2), PROTOBUF)).status, 200);
  helper.disconnect();
  t.deepEqual(await exit, [0, null]);
  t.regex(await output, /span 0 .* 2 spans/);
});

test('a reader that went away does not end it', async (t) => {
  const { helper, output, exit, httpUrl } = await start(t);
  const gone = t.throwsAsync(output);
  helper.stdout?.destroy();
  await gone;
  await post(`${httpUrl}/v1/traces`, smallRequest(2), PROTOBUF);
  helper.send({ type: 'finish' });
  const [summary] = (await once(helper, 'message')) as [HelperMessage & { type: 'summary' }];
  t.is(summary.counts.received, 2);
  t.deepEqual(await exit, [0, null]);
});

test('takes other ports when 4317 and 4318 are taken', async (t) => {
  if (held.length === 0) t.log('both ports are those of another process on this machine');
  const { helper, exit, grpcUrl, httpUrl } = await start(t);
  for (const port of held)
    t.false(
      [grpcUrl, httpUrl].some((url) => url.endsWith(`:${port}`)),
      `${port}`,
    );
  t.is((await post(`${httpUrl}/v1/traces`, smallRequest(1), PROTOBUF)).status, 200);
  helper.disconnect();
  await exit;
});
