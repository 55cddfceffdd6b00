import test from 'ava';
import { messageType } from '../../src/dev/otlp-schema.js';
import { type Receiver, startReceiver } from '../../src/dev/receiver.js';
import type { Owner } from '../helpers/cluster.js';
import { smallRequest } from '../helpers/otlp-bytes.js';
import { PROTOBUF, post, sendGrpc } from '../helpers/otlp-client.js';
import { receiverPorts } from '../helpers/raw.js';
import { createStore, type Store } from '../helpers/span-store.js';

async function start(owner: Owner): Promise<{ receiver: Receiver; store: Store }> {
  const store = createStore();
  const receiver = await startReceiver({ ...(await receiverPorts()), onTraces: (spans) => store.add(spans) });
  owner.teardown(receiver.close);
  return { receiver, store };
}

const send = (receiver: Receiver, spans = 1) => sendGrpc(receiver.grpcUrl, smallRequest(spans));
const sendHttp = (receiver: Receiver, spans = 1) =>
  post(`${receiver.httpUrl}/v1/traces`, smallRequest(spans), PROTOBUF);

test('refuse: the status of each transport, with RetryInfo and Retry-After', async (t) => {
  const { receiver, store } = await start(t);
  receiver.faults = { refuse: { grpc: 8, http: 429, retryAfterMs: 1500, message: 'slow down' } };
  const refused = await send(receiver);
  t.is(refused.code, 8);
  t.is(refused.details, 'slow down');
  const status = messageType('Status').decode(refused.metadata?.get('grpc-status-details-bin')[0] as Buffer);
  const [detail] = (status as unknown as { details: { typeUrl: string; value: Uint8Array }[] }).details;
  t.is(detail?.typeUrl, 'type.googleapis.com/google.rpc.RetryInfo');
  // RetryInfo { retry_delay { seconds: 1, nanos: 500000000 } } by hand
  t.deepEqual([...(detail?.value ?? [])], [0x0a, 0x08, 0x08, 0x01, 0x10, 0x80, 0xca, 0xb5, 0xee, 0x01]);

  const response = await sendHttp(receiver);
  t.is(response.status, 429);
  t.is(response.headers.get('retry-after'), '2');
  t.is(store.counts().received, 0);

  receiver.faults = {};
  t.is((await send(receiver)).code, 0);
  t.is(receiver.requests, 3);
  t.is(receiver.counts.traces.requests, 1);
});

test('times: heals after so many requests', async (t) => {
  const { receiver } = await start(t);
  receiver.faults = { refuse: {}, times: 2 };
  t.deepEqual(
    [(await send(receiver)).code, (await sendHttp(receiver)).status, (await send(receiver)).code],
    [14, 503, 0],
  );
  t.deepEqual(receiver.faults, {});
});

test('hold: a request waits for the gate, others do not', async (t) => {
  const { receiver, store } = await start(t);
  let open = (): void => undefined;
  const hold = new Promise<void>((resolve) => {
    open = resolve;
  });
  receiver.faults = { hold, times: 1 };
  const held = send(receiver, 3);
  await receiver.arrived(1);
  t.is((await send(receiver, 1)).code, 0);
  t.is(store.counts().received, 1);
  open();
  t.is((await held).code, 0);
  t.is(store.counts().received, 3);
});

test('delay: the request is answered in the end', async (t) => {
  const { receiver, store } = await start(t);
  receiver.faults = { delayMs: 1 };
  t.is((await send(receiver)).code, 0);
  t.is(store.counts().received, 1);
});

test('silent: no answer until the receiver goes away, spans taken only when asked', async (t) => {
  const { receiver, store } = await start(t);
  receiver.faults = { silent: true };
  const unheard = send(receiver);
  await receiver.arrived(1);
  receiver.faults = { silent: true, takes: true };
  const taken = t.throwsAsync(sendHttp(receiver, 2));
  await store.waitFor((all) => all.counts().received === 2);
  await receiver.close();
  t.is((await unheard).code, 14);
  await taken;
});

test('reset: the connection breaks; with takes the answer alone is lost', async (t) => {
  const { receiver, store } = await start(t);
  receiver.faults = { reset: true };
  t.is((await send(receiver)).code, 14);
  await t.throwsAsync(sendHttp(receiver));
  t.is(store.counts().received, 0);
  receiver.faults = { reset: true, takes: true };
  t.is((await send(receiver)).code, 14);
  t.is(store.counts().received, 1);
  receiver.faults = {};
  t.is((await send(receiver)).code, 0);
  t.is(store.counts().duplicates, 1);
});

test('partial: the last spans are rejected and the answer says so', async (t) => {
  const { receiver, store } = await start(t);
  receiver.faults = { partial: { rejected: 2, message: 'too many' } };
  const { code, body } = await send(receiver, 5);
  t.is(code, 0);
  t.deepEqual(body, Buffer.concat([Buffer.from([0x0a, 0x0c, 0x08, 0x02, 0x12, 0x08]), Buffer.from('too many')]));
  t.is(store.counts().received, 3);
  const json = await post(
    `${receiver.httpUrl}/v1/metrics`,
    '{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{}]}]}]}',
    {
      'content-type': 'application/json',
    },
  );
  t.deepEqual(await json.json(), { partialSuccess: { rejectedDataPoints: '1', errorMessage: 'too many' } });
});

test('pause and resume: down, then back on the same ports', async (t) => {
  const { receiver, store } = await start(t);
  t.is((await send(receiver)).code, 0);
  const { grpcUrl, httpUrl } = receiver;
  await receiver.pause();
  t.is((await send(receiver)).code, 14);
  await t.throwsAsync(sendHttp(receiver));
  await receiver.resume();
  t.deepEqual([receiver.grpcUrl, receiver.httpUrl], [grpcUrl, httpUrl]);
  t.is((await send(receiver, 2)).code, 0);
  t.is((await sendHttp(receiver, 3)).status, 200);
  t.is(store.counts().received, 3);
});
