import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import test from 'ava';
import type { Browser, Page } from 'playwright-core';
import { chromiumPath, launch, openPage, openView } from './browser.js';
import { inBrowser } from './in-browser.js';
import { type Shop, startShop } from './shop.js';

// What goes wrong with a release, seen on the page of the real app: a slower one, one that crashes again and again, a receiver
// that takes nothing. Each test needs the state that the one before has left; the last one reads what was recorded of it all.
let browser: Browser;
let shop: Shop;
let page: Page;
let wrong: string[];
let recorded: string;
const teardowns: (() => unknown)[] = [];

test.before(async () => {
  if (chromiumPath === undefined) return;
  const folder = mkdtempSync(join(tmpdir(), 'kf-record-'));
  teardowns.push(() => rmSync(folder, { recursive: true, force: true }));
  recorded = join(folder, 'session.html');
  const more = ['--record', recorded, '--max-restarts', '1'];
  shop = await startShop({ teardown: (end) => void teardowns.push(end) }, more);
  browser = await launch();
  ({ page, wrong } = await openPage(browser, shop.address));
});
test.after.always(async () => {
  await browser?.close();
  await shop?.stop();
  for (const end of teardowns.toReversed()) await end();
});

const TRACE = '5'.repeat(32);
const main = (text: string | RegExp) => page.locator('main').getByText(text).first().waitFor();
const happened = (text: string | RegExp) => page.getByLabel('What happened').getByText(text).first().waitFor();

async function ask(path: string, times: number): Promise<void> {
  for (let at = 0; at < times; at++) await (await fetch(`${shop.url}${path}`)).text();
}

/** A duration as it is shown. */
function msOf(text: string): number {
  const [, number, unit = ''] = /^([\d.]+) (µs|ms|s)$/.exec(text) ?? [];
  return Number(number) * ({ µs: 0.001, ms: 1, s: 1_000 }[unit] ?? Number.NaN);
}

inBrowser('a release that is slower is marked at its route, and one that is not slower is not', async (t) => {
  await ask('/cart', 60);
  shop.release('good');
  shop.dev.kill('SIGHUP');
  await shop.dev.event('reload-done', { generation: 2 });
  await ask('/cart', 60);
  await openView(page, 'routes');
  await page.getByRole('button', { name: '/cart' }).click();
  await main('generation 2');
  await page.locator('main tbody tr', { hasText: '/cart' }).filter({ hasText: '120' }).waitFor();
  t.is(await page.getByText('since the reload').count(), 0);
  shop.release('slow');
  shop.dev.kill('SIGHUP');
  await shop.dev.event('reload-done', { generation: 3 });
  await ask('/cart', 60);
  await main(/slower since the reload: .* → /);
});

inBrowser('latency is shown as the percentile that is asked for', async (t) => {
  await openView(page, 'now');
  const chart = page.locator('figure.chart', { hasText: 'Latency, ' });
  const choice = page.getByLabel('Latency');
  const figures = async (percentile: string) => {
    await choice.selectOption(percentile);
    await chart.getByRole('heading', { name: `Latency, ${percentile}` }).waitFor();
    return (await chart.locator('.legend .number').allTextContents()).map(msOf);
  };
  let low: number[] = [];
  let high: number[] = [];
  // Few are slow: of the last second of some worker they are the highest percentile, and not the median.
  do {
    await Promise.all(Array.from({ length: 60 }, (_, at) => ask(at < 8 ? '/cart' : '/fail', 1)));
    low = await figures('p50');
    high = await figures('p99');
  } while (!low.some((ms, slot) => ms * 2 < (high[slot] ?? 0)));
  t.is(low.length, 4);
});

inBrowser(
  'a worker that crashes at each boot is given up, is said so on the page, and is back with the next release',
  async (t) => {
    shop.release('broken');
    await t.throwsAsync(fetch(`${shop.url}/crash`));
    await shop.dev.event('slot-failed');
    await openView(page, 'now');
    await happened(/^.*crash/);
    await openView(page, 'supervisor');
    await page.locator('main .badge', { hasText: 'slot-failed' }).first().waitFor();
    await page.locator('main tr', { hasText: 'given up' }).waitFor();
    shop.release('good');
    shop.dev.kill('SIGHUP');
    await shop.dev.event('reload-done', { generation: 4 });
    await page.locator('main tr', { hasText: 'given up' }).waitFor({ state: 'detached' });
    t.deepEqual(wrong, []);
  },
);

inBrowser(
  'a receiver that took nothing for a while is an outage with its end, and no span of it is missing',
  async (t) => {
    await openView(page, 'now');
    process.kill(shop.helperPid, 'SIGSTOP');
    try {
      const headers = { traceparent: `00-${TRACE}-00000000000000aa-01` };
      t.is((await fetch(`${shop.url}/cart`, { headers })).status, 200);
      // The page waits for as long without a word before it says so.
      await page.getByText('kf-cluster dev does not answer').waitFor();
    } finally {
      process.kill(shop.helperPid, 'SIGCONT');
    }
    await happened(/outage/);
    await happened(/recovered/);
    await openView(page, `traces/${TRACE}`);
    await page.getByRole('treeitem').first().waitFor();
    await openView(page, 'supervisor');
    await page.getByText('balanced', { exact: true }).waitFor();
    t.deepEqual(wrong, []);
  },
);

inBrowser('what --record has written at the end shows the whole run without a process', async (t) => {
  await shop.stop();
  const session = await openPage(browser, pathToFileURL(recorded).href);
  await session.page.getByText('recorded session').waitFor();
  await openView(session.page, `traces/${TRACE}`);
  await session.page.getByRole('treeitem').first().waitFor();
  await openView(session.page, 'supervisor');
  const events = session.page.locator('main');
  for (const text of ['slot-failed', 'generation 4', 'stopped']) await events.getByText(text).first().waitFor();
  await openView(session.page, 'now');
  await session.page.getByLabel('What happened').getByText('outage').first().waitFor();
  t.deepEqual(session.wrong, []);
});
