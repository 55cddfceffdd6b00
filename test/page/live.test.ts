import test from 'ava';
import type { Browser, Page } from 'playwright-core';
import { chromiumPath, launch, openPage, openView, violations } from './browser.js';
import { inBrowser } from './in-browser.js';
import { type Shop, startShop } from './shop.js';

// One app on four workers, and one page of it that stays open through all that may happen to an app. Each test needs the
// state that the one before has left.
let browser: Browser;
let shop: Shop;
let page: Page;
let wrong: string[];
const teardowns: (() => unknown)[] = [];

test.before(async () => {
  if (chromiumPath === undefined) return;
  shop = await startShop({ teardown: (end) => void teardowns.push(end) });
  browser = await launch();
  ({ page, wrong } = await openPage(browser, shop.address));
});
test.after.always(async () => {
  await browser?.close();
  await shop?.stop();
  for (const end of teardowns.toReversed()) await end();
});

const get = (path: string, headers: Record<string, string> = {}) => fetch(`${shop.url}${path}`, { headers });
const main = (text: string | RegExp) => page.locator('main').getByText(text).first().waitFor();
const traced = (id: string) => ({ traceparent: `00-${id}-00000000000000aa-01` });

inBrowser('a request is a row within moments, and its trace has the repeated queries as one line', async (t) => {
  await openView(page, 'traces');
  const id = '1'.repeat(32);
  t.is((await get('/cart', traced(id))).status, 200);
  await page.locator(`a[href*="${id}"]`).click();
  await page.getByRole('treeitem', { name: 'N+1' }).waitFor();
  await main('GET /cart');
  t.regex((await page.getByRole('treeitem').nth(1).textContent()) ?? '', /w[0-3] g1/);
});

inBrowser('a paused tail stands still and counts what comes, and then goes on', async (t) => {
  await openView(page, 'traces');
  await page.locator('main tbody tr').first().waitFor();
  await page.keyboard.press('p');
  const id = '4'.repeat(32);
  t.is((await get('/cart', traced(id))).status, 200);
  await page.getByRole('button', { name: /^Paused \([1-9]\d* new\)$/ }).waitFor();
  t.is(await page.locator(`a[href*="${id}"]`).count(), 0);
  await page.keyboard.press('p');
  await page.locator(`a[href*="${id}"]`).waitFor();
});

inBrowser('an error is in its trace, among the errors and in the logs, and its text is no markup', async (t) => {
  const id = '2'.repeat(32);
  t.is((await get('/fail', traced(id))).status, 500);
  await openView(page, `traces/${id}`);
  await main('no such item <img');
  await openView(page, 'errors');
  await main('TypeError');
  await main('no such item <img');
  await openView(page, 'logs');
  await main('no such item <img');
  t.is(await page.locator('main img').count(), 0);
});

inBrowser('routes, map and metrics are of all four workers', async (t) => {
  for (let at = 0; at < 40; at++) await get('/cart');
  await openView(page, 'routes');
  await page.getByRole('button', { name: '/cart' }).click();
  await main('generation 1');
  await openView(page, 'map');
  await main('postgresql');
  await openView(page, 'metrics');
  await main('http.server.request.duration');
  t.deepEqual(wrong, []);
});

inBrowser('a release that does not start is rolled back, and the page says so', async (t) => {
  shop.release('broken');
  shop.dev.kill('SIGHUP');
  await openView(page, 'supervisor');
  await main('the old one keeps serving');
  await page.locator('main .badge', { hasText: 'rolled-back' }).waitFor();
  shop.release('good');
  await openView(page, 'now');
  await page.getByLabel('What happened').getByText('rollback').first().waitFor();
  t.is((await get('/cart')).status, 200);
});

inBrowser('a reload is a mark, and the new generation is beside the old one', async (t) => {
  shop.dev.kill('SIGHUP');
  await page
    .getByLabel('Workers by slot')
    .getByText(/ready g[2-9]/)
    .nth(3)
    .waitFor();
  await page.getByLabel('What happened').getByText('reload').first().waitFor();
  await openView(page, 'supervisor');
  await main('done');
  await page.getByText('balanced', { exact: true }).waitFor();
  t.deepEqual(wrong, []);
});

inBrowser('a crash is a mark, and its worker is counted as restarted', async (t) => {
  await t.throwsAsync(get('/crash'));
  await openView(page, 'now');
  await page.getByLabel('What happened').getByText('crash').first().waitFor();
  await openView(page, 'supervisor');
  await main(/exited|uncaught/);
  // Its last span was left on the disk, and sent by another worker: it has ended once.
  await page.getByText('balanced', { exact: true }).waitFor();
});

inBrowser('a blocked worker is shown with the stack that blocks it', async (t) => {
  const blocked = get('/block').catch(() => undefined);
  await openView(page, 'supervisor');
  await main('Blocked event loops');
  await main(/shop\.cjs/);
  await page.locator('main .badge', { hasText: 'blocked' }).waitFor();
  await blocked;
  // It was blocked for longer than --hang-timeout: what it had not sent went with it, and the account says whose it was.
  await main('which requests waited is not known');
  await main(/worker \d, generation \d \(pid \d+\).* ended without an account/);
  t.deepEqual(wrong, []);
});

inBrowser(
  'through an outage of the helper the page says so, and what was asked meanwhile arrives afterwards',
  async (t) => {
    await openView(page, 'traces');
    const id = '3'.repeat(32);
    process.kill(shop.helperPid, 'SIGSTOP');
    try {
      t.is((await get('/cart', traced(id))).status, 200);
      await page.getByText('kf-cluster dev does not answer').waitFor();
    } finally {
      process.kill(shop.helperPid, 'SIGCONT');
    }
    await page.locator(`a[href*="${id}"]`).waitFor();
    await page.getByText('live', { exact: true }).waitFor();
    t.pass();
  },
);

inBrowser('every view of the real app is accessible', async (t) => {
  for (const path of ['now', 'traces', 'routes', 'errors', 'map', 'logs', 'metrics', 'supervisor', 'lints']) {
    await openView(page, path);
    await page.locator('main section').first().waitFor();
    t.deepEqual(await violations(page), [], path);
  }
  t.deepEqual(wrong, []);
});
