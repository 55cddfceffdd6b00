import type { ServerResponse } from 'node:http';
import type { StreamMessage, Topic } from '../page-api.js';
import type { Feed, PageData } from './page-data.js';

/** How often an open view gets what is new at most, in milliseconds. A change of a chart shows a second late at most. */
const EVERY: Readonly<Record<Topic, number>> = {
  now: 1_000,
  traces: 200,
  routes: 1_000,
  errors: 1_000,
  map: 2_000,
  logs: 200,
  metrics: 1_000,
  supervisor: 500,
  lints: 2_000,
};
/** Whether a tail has anything new costs nothing to ask: so often, in milliseconds, that a lone request is a row at once. */
const LOOK_EVERY: Readonly<Partial<Record<Topic, number>>> = { traces: 50, logs: 50 };
const ALIVE_EVERY = 4_000;
/** A reader that takes nothing for so long is not read any more, in milliseconds. */
const PATIENCE = 30_000;

/**
 * Sends a view as lines of JSON until its reader goes. A reader that is slow gets less: while it has not taken what was sent,
 * nothing is made for it, and the next message has all that came since.
 */
export function openStream(response: ServerResponse, data: PageData, topic: Topic, feed: Feed): void {
  let silentSince = 0;
  let stuckSince: number | undefined;
  let evicted = -1;
  const send = (message: StreamMessage) => {
    silentSince = performance.now();
    response.write(`${JSON.stringify(message)}\n`);
  };
  const hello = () => {
    const now = data.hello();
    const sum = now.evicted.spans + now.evicted.logs;
    if (sum === evicted) return;
    evicted = sum;
    send({ type: 'hello', hello: now });
  };
  const every = EVERY[topic];
  const lookEvery = LOOK_EVERY[topic] ?? every;
  const turn = () => {
    if (response.writableNeedDrain) {
      stuckSince ??= performance.now();
      if (performance.now() - stuckSince > PATIENCE) response.destroy();
      return;
    }
    stuckSince = undefined;
    if (lookEvery < every && silentSince > 0 && performance.now() - silentSince < every) return;
    hello();
    const message = feed.next();
    if (message !== undefined) send(message);
    else if (performance.now() - silentSince > ALIVE_EVERY) send({ type: 'alive' });
  };
  const timer = setInterval(turn, lookEvery);
  response.once('close', () => {
    clearInterval(timer);
    feed.close();
  });
  turn();
}
