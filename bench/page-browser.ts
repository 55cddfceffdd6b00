import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import { launch, openPage, openView } from '../test/page/browser.js';
import { type Shop, startShop } from '../test/page/shop.js';
import { readFlags, say } from './lib/flags.js';
import { createLoad } from './lib/load.js';
import { Report } from './lib/report.js';
import { sendSpans } from './lib/send-spans.js';

// The page of `kf-cluster dev` in Debian's Chromium, with a real app on four workers: how soon it paints, empty and with many
// spans held, how soon a response is a row, how soon a large trace is open, and what an open page costs the app.
// Flags: --parts rows,paint,throughput,held --rounds 5 --spans 100000 --requests 30 --window-ms 2000 --screenshots <folder> --json
// --screenshots writes the pictures of README and docs instead of measuring.

const flags = readFlags(
  { rounds: 5, contenders: ['page'] },
  { spans: 100_000, requests: 30, 'window-ms': 2_000 },
  { screenshots: '', parts: 'rows,paint,throughput,held' },
);
const LARGE = 'f'.repeat(32);
const OPEN_LARGE = `new Promise((resolve) => {
  const since = performance.now();
  const look = () => {
    if (!document.querySelector('[role=treeitem]')) return requestAnimationFrame(look);
    requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now() - since)));
  };
  location.hash = location.hash.split('/')[0] + '/traces/${LARGE}';
  look();
})`;

const report = new Report('page: the browser side of kf-cluster dev');
const teardowns: (() => unknown)[] = [];
const shop = await startShop({ teardown: (end) => void teardowns.push(end) });
const browser = await launch();
try {
  if (flags.text('screenshots') === '') await measure();
  else await takeScreenshots(flags.text('screenshots'));
} finally {
  await browser.close();
  await shop.stop();
  for (const end of teardowns.toReversed()) await end();
}

async function measure(): Promise<void> {
  // Before the load that leaves a backlog.
  const parts = flags.text('parts').split(',');
  if (parts.includes('rows')) await measureRows();
  if (parts.includes('paint')) await measurePaint('first paint');
  if (parts.includes('throughput')) await measureThroughput();
  if (parts.includes('held')) await measureHeld();
  const values = (name: string) => report.values('page', name);
  report.bar({ name: 'first paint, ms', values: values('first paint'), op: '<=', limit: 200 });
  report.bar({ name: 'first paint held, ms', values: values('first paint, many spans held'), op: '<=', limit: 500 });
  report.bar({ name: 'response to row p95, ms', values: values('response to row p95'), op: '<=', limit: 1_000 });
  report.bar({ name: 'trace of 10,000 spans, ms', values: values('trace of 10,000 spans'), op: '<=', limit: 200 });
  report.bar({ name: 'requests/s, open / closed', values: values('open / closed'), op: '>=', limit: 0.97 });
  report.finish(flags.json);
}

async function measureHeld(): Promise<void> {
  say(`sending ${flags.number('spans')} spans`);
  await sendSpans(shop.receiver, flags.number('spans'), 10);
  await measurePaint('first paint, many spans held');
  await measureLargeTrace();
}

/** A page of one word takes turns with ours: what Chromium itself needs on this machine, now. */
async function measurePaint(figure: string): Promise<void> {
  // Its first row, when this part runs alone.
  await (await fetch(`${shop.url}/cart`)).text();
  const bare = createServer((_, response) => void response.setHeader('content-type', 'text/html').end('<p>bare'));
  await once(bare.listen(0, '127.0.0.1'), 'listening');
  const { port } = bare.address() as AddressInfo;
  for (let round = 0; round < flags.rounds; round++) {
    const floor = await paintOf(`http://127.0.0.1:${port}/`, 'p');
    const paint = await paintOf(`${shop.address}/traces`, 'main tbody tr', `${figure}: first row`);
    report.add('page', `${figure}: bare page`, 'ms', floor);
    report.add('page', figure, 'ms', paint);
    report.add('page', `${figure} - bare page`, 'ms', paint - floor);
  }
  bare.close();
  // What the machine does besides shows in the slow ones.
  for (const name of [figure, `${figure}: bare page`]) {
    const sorted = [...report.values('page', name)].sort((a, b) => a - b);
    report.add('page', `${name}, low quarter`, 'ms', sorted[Math.floor(sorted.length / 4)] ?? Number.NaN);
  }
}

/** @param row the figure of when `selector` is there */
async function paintOf(url: string, selector: string, row?: string): Promise<number> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  await page.goto(url);
  await page.locator(selector).first().waitFor();
  if (row !== undefined) report.add('page', row, 'ms', await page.evaluate<number>('performance.now()'));
  const paint = await page.evaluate<number>(`performance.getEntriesByName('first-contentful-paint')[0].startTime`);
  await context.close();
  return paint;
}

/** From the moment that the client has the response. */
async function measureRows(): Promise<void> {
  const { page } = await openPage(browser, shop.address);
  await openView(page, 'traces');
  const taken: number[] = [];
  for (let at = 0; at < flags.number('requests'); at++) {
    const id = (at + 1).toString(16).padStart(32, '0');
    const headers = { traceparent: `00-${id}-00000000000000aa-01` };
    await (await fetch(`${shop.url}/cart`, { headers })).text();
    const since = performance.now();
    await page.locator(`a[href*="${id}"]`).waitFor();
    taken.push(performance.now() - since);
  }
  taken.sort((a, b) => a - b);
  report.add('page', 'response to row p50', 'ms', taken[Math.floor(taken.length / 2)] ?? Number.NaN);
  report.add('page', 'response to row p95', 'ms', taken[Math.floor(taken.length * 0.95)] ?? Number.NaN);
  await page.context().close();
}

/** From the click to the second frame after its first lines: then they are painted. */
async function measureLargeTrace(): Promise<void> {
  await sendSpans(shop.receiver, 10_000, 10, LARGE);
  const { page } = await openPage(browser, shop.address);
  await openView(page, `traces/${LARGE}`);
  await page.getByText('10,000 spans').waitFor();
  for (let round = 0; round < flags.rounds; round++) {
    await openView(page, 'traces');
    await page.locator('main tbody tr').first().waitFor();
    report.add('page', 'trace of 10,000 spans', 'ms', await page.evaluate<number>(OPEN_LARGE));
  }
  await page.context().close();
}

/** Windows with and without an open page take turns; each ratio is one of neighbours. */
async function measureThroughput(): Promise<void> {
  const load = createLoad();
  const port = Number(new URL(shop.url).port);
  await load.start([{ port, kind: 'keep-alive', rate: 0, connections: 16, hangMs: 10_000 }], 'warm');
  const { page } = await openPage(browser, shop.address);
  for (let round = 0; round < flags.rounds; round++) {
    // Each is first as often as the other: what a window leaves behind is on the next one's account.
    const turns = round % 2 === 0 ? (['closed', 'open'] as const) : (['open', 'closed'] as const);
    for (const state of turns) {
      await page.goto(state === 'open' ? shop.address : 'about:blank');
      await load.phase(`settle ${state} ${round}`);
      await page.waitForTimeout(300);
      await load.phase(`${state} ${round}`);
      await page.waitForTimeout(flags.number('window-ms'));
    }
  }
  await load.phase('over');
  const windows = (await load.stop())['keep-alive'] ?? {};
  const rate = (name: string) => (windows[name]?.ok ?? 0) / (windows[name]?.seconds ?? 1);
  for (let round = 0; round < flags.rounds; round++) {
    report.add('page', 'requests/s, page closed', '/s', rate(`closed ${round}`));
    report.add('page', 'requests/s, page open', '/s', rate(`open ${round}`));
    report.add('page', 'open / closed', '', rate(`open ${round}`) / rate(`closed ${round}`));
  }
  load.close();
  await page.context().close();
}

async function takeScreenshots(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  await play(shop);
  for (const colorScheme of ['light', 'dark'] as const) {
    const { page } = await openPage(browser, shop.address, { colorScheme, viewport: { width: 1120, height: 640 } });
    for (const view of ['now', 'routes', 'supervisor'] as const) {
      await openView(page, view);
      await page.locator('main h1').waitFor();
      await picture(page, `${folder}/page-${view}-${colorScheme}.png`);
    }
    await openView(page, 'traces?q=route:/cart');
    await page.getByRole('link', { name: 'GET /cart' }).first().click();
    await page.getByRole('treeitem').first().waitFor();
    await picture(page, `${folder}/page-trace-${colorScheme}.png`);
    await page.context().close();
  }
}

/** Charts are drawn a moment after their data is there. */
async function picture(page: Page, path: string): Promise<void> {
  await page.waitForTimeout(1_500);
  await page.screenshot({ path });
}

/** A minute in the life of an app: load, a release that does not start, a reload, an error. */
async function play({ url, dev, release }: Shop): Promise<void> {
  const ask = async (seconds: number) => {
    for (const end = performance.now() + seconds * 1_000; performance.now() < end; ) {
      await Promise.all([fetch(`${url}/cart`), fetch(`${url}/cart/checkout`), fetch(`${url}/items?page=2`)]);
    }
  };
  await ask(15);
  release('broken');
  dev.kill('SIGHUP');
  await ask(12);
  release('good');
  dev.kill('SIGHUP');
  await ask(15);
  await fetch(`${url}/fail`);
  await ask(4);
}
