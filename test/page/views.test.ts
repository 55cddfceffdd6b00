import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import test from 'ava';
import type { Browser, Page } from 'playwright-core';
import { startPage } from '../../src/dev/server/page-server.js';
import { traceIdOf } from '../dev/page/sample-session.js';
import { chromiumPath, launch, openPage, openView, violations } from './browser.js';
import { inBrowser } from './in-browser.js';
import { sampleData } from './sample-data.js';

let browser: Browser;
let address: string;
const closes: (() => Promise<void>)[] = [];
test.before(async () => {
  if (chromiumPath === undefined) return;
  browser = await launch();
  const server = await startPage(sampleData(), 0);
  address = server.url;
  closes.push(() => browser.close(), server.close);
});
test.after.always(async () => {
  for (const close of closes) await close();
});

/** Each view, and what stands in it of the sample session. */
const VIEWS: readonly (readonly [path: string, seen: string])[] = [
  ['now', 'Workers beside each other'],
  ['traces', 'GET /cart'],
  [`traces/${traceIdOf(3)}`, 'N+1: × 12'],
  ['routes', 'slower since the reload'],
  ['errors', 'priceOf (cart.js:12:9)'],
  ['map', 'pay.example'],
  ['logs', 'cart opened'],
  ['metrics', 'http.server.request.duration'],
  ['supervisor', 'rolled-back'],
  ['lints', 'A span name has an id in it'],
];

const seen = (of: Page, text: string) => of.locator('main', { hasText: text }).waitFor();

for (const colorScheme of ['light', 'dark'] as const) {
  inBrowser(`every view is accessible and breaks no policy, ${colorScheme}`, async (t) => {
    const { page, wrong } = await openPage(browser, address, { colorScheme });
    for (const [path, text] of VIEWS) {
      await openView(page, path);
      await seen(page, text);
      t.deepEqual(await violations(page), [], path);
    }
    t.deepEqual(wrong, []);
    await page.context().close();
  });
}

inBrowser('what a sender wrote is text in every view, and runs nowhere', async (t) => {
  const { page, wrong } = await openPage(browser, address);
  for (const [path, text] of VIEWS) {
    await openView(page, path);
    await seen(page, text);
    await page.locator('main', { hasText: '<script>' }).waitFor();
    t.is(await page.locator('main img, main script').count(), 0, path);
  }
  t.is(await page.title(), 'kf-cluster dev');
  t.deepEqual(wrong, []);
  await page.context().close();
});

inBrowser('on a narrow screen every view fits, and what is wider scrolls by itself', async (t) => {
  const { page } = await openPage(browser, address, { viewport: { width: 400, height: 800 } });
  for (const [path, text] of VIEWS) {
    await openView(page, path);
    await seen(page, text);
    const wider = await page.evaluate(
      `[document.documentElement, document.querySelector('main')].filter((one) => one.scrollWidth > one.clientWidth).map(String)`,
    );
    t.deepEqual(wider, [], path);
    t.deepEqual(await violations(page), [], path);
  }
  await page.context().close();
});

inBrowser('a trace is found, opened, read and copied with the keyboard alone', async (t) => {
  const { page, wrong } = await openPage(browser, address, { permissions: ['clipboard-read', 'clipboard-write'] });
  await page.keyboard.press('2');
  await seen(page, 'GET /cart');
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('k');
  await page.keyboard.press('Enter');
  const tree = page.getByRole('tree');
  await tree.waitFor();
  const lines = page.getByRole('treeitem');
  t.is(await lines.first().getAttribute('aria-selected'), 'true');
  const folded = page.getByRole('treeitem', { name: 'N+1' });
  while ((await folded.getAttribute('aria-selected')) !== 'true') await page.keyboard.press('j');
  const before = await lines.count();
  await page.keyboard.press('l');
  await page.getByRole('treeitem', { expanded: true, name: 'SELECT items' }).waitFor();
  t.is(await lines.count(), before + 11);
  await page.locator('aside', { hasText: 'http.response.status_code' }).waitFor();
  const clipboard = () => page.evaluate<string>('navigator.clipboard.readText()');
  await page.keyboard.press('i');
  await page.getByRole('status').filter({ hasText: 'id copied' }).waitFor();
  const traceId = await clipboard();
  t.regex(traceId, /^[0-9a-f]{32}$/);
  await page.keyboard.press('o');
  await page.getByRole('status').filter({ hasText: 'JSON copied' }).waitFor();
  t.like(JSON.parse(await clipboard()), { traceId });
  await page.keyboard.press('m');
  await page.getByRole('status').filter({ hasText: 'Markdown copied' }).waitFor();
  t.regex(await clipboard(), /^### Trace `0+[0-9a-f]+`/);
  await page.keyboard.press('Escape');
  await page.getByRole('heading', { name: 'Traces' }).waitFor();
  await page.keyboard.press('?');
  await page
    .getByRole('dialog')
    .getByText('copy', { exact: false })
    .or(page.getByText('pause or go on'))
    .first()
    .waitFor();
  await page.keyboard.press('Escape');
  await page.keyboard.press('/');
  await page.keyboard.type('route:/x !');
  await page.getByRole('alert').filter({ hasText: 'At 10: there is no sign !. Take it away.' }).waitFor();
  t.is(await page.locator('.refusal mark').textContent(), '!');
  t.deepEqual(wrong, []);
  await page.context().close();
});

inBrowser('health probes are folded away until they are asked for', async (t) => {
  const { page } = await openPage(browser, address);
  await openView(page, 'traces');
  const probes = page.getByLabel('Health probes');
  await page.getByText('(4 folded away)').waitFor();
  t.is(await page.locator('tbody tr').count(), 36);
  await probes.check();
  await page.locator('tbody tr').nth(39).waitFor();
  await page.context().close();
});

inBrowser('colours follow the system until one is chosen', async (t) => {
  const { page } = await openPage(browser, address, { colorScheme: 'dark' });
  const background = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
  const dark = await background();
  await page.keyboard.press('t');
  await page.locator('html[data-theme=light]').waitFor();
  t.not(await background(), dark);
  await page.reload();
  await page.locator('html[data-theme=light]').waitFor();
  await page.context().close();
});

inBrowser('the address of another run is refused in words', async (t) => {
  const { page } = await openPage(browser, address.replace(/#.*/, '#AAAAAAAAAAAAAAAAAAAAAA'));
  await seen(page, 'This address is not of the running session');
  await page.goto(address.replace(/#.*/, ''));
  await seen(page, 'Open the one that the terminal prints');
  t.pass();
  await page.context().close();
});

inBrowser('it says that the helper is gone, and goes on when it is back', async (t) => {
  const { url, close } = await startPage(sampleData(), 0);
  const { page } = await openPage(browser, url);
  await openView(page, 'traces');
  await seen(page, 'GET /cart');
  await close();
  await page.getByText('kf-cluster dev does not answer').waitFor();
  await seen(page, 'GET /cart');
  // Another run has another token: the old address says so instead of trying for ever.
  const again = await startPage(sampleData(), Number(new URL(url).port));
  closes.push(again.close);
  t.is(new URL(again.url).port, new URL(url).port);
  await seen(page, 'This address is not of the running session');
  await page.context().close();
});

inBrowser('an exported session shows every view from one file, without a request', async (t) => {
  const { origin, hash } = new URL(address);
  const headers = { authorization: `Bearer ${hash.slice(1)}` };
  const response = await fetch(`${origin}/api/export?format=html`, { headers });
  t.is(response.status, 200);
  const folder = mkdtempSync(join(tmpdir(), 'kf-session-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'session.html');
  writeFileSync(file, await response.text());
  const { page, wrong } = await openPage(browser, pathToFileURL(file).href);
  await page.getByText('recorded session').waitFor();
  for (const [path, text] of VIEWS) {
    await openView(page, path);
    await seen(page, text);
    await page.locator('main', { hasText: '<script>' }).waitFor();
  }
  t.is(await page.title(), 'kf-cluster dev');
  t.deepEqual(wrong, []);
  await page.context().close();
});
