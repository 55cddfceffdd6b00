import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test from 'ava';
import type { Browser } from 'playwright-core';
import { startPage } from '../../src/dev/server/page-server.js';
import { chromiumPath, launch } from './browser.js';
import { inBrowser } from './in-browser.js';
import { sampleData } from './sample-data.js';

// What a page of another origin gets in a real browser when it knows the whole address, token and all.
let browser: Browser;
let address: string;
let port: number;
const closes: (() => unknown)[] = [];
test.before(async () => {
  if (chromiumPath === undefined) return;
  browser = await launch();
  const server = await startPage(sampleData(), 0);
  address = server.url;
  const other = createServer((_, response) => void response.setHeader('content-type', 'text/html').end('<p>other'));
  await once(other.listen(0), 'listening');
  port = (other.address() as AddressInfo).port;
  closes.push(
    () => browser.close(),
    server.close,
    () => other.close(),
  );
});
test.after.always(async () => {
  for (const close of closes) await close();
});

for (const host of ['127.0.0.1', 'localhost']) {
  inBrowser(`a window that ${host} opens shows the refusal, and its opener can read nothing`, async (t) => {
    const page = await browser.newPage();
    await page.goto(`http://${host}:${port}/`);
    const opened = page.waitForEvent('popup');
    await page.evaluate(`void (handle = window.open(${JSON.stringify(`${address}/traces`)}))`);
    const popup = await opened;
    await popup.locator('body', { hasText: 'this page answers to itself only' }).waitFor();
    t.is(await popup.locator('main').count(), 0);
    const reads = ['handle.document', 'handle.location.hash', 'handle.localStorage'];
    for (const read of reads) await t.throwsAsync(page.evaluate(read), { message: /SecurityError/ }, read);
    await page.context().close();
  });

  inBrowser(`a frame and a request of ${host} get nothing`, async (t) => {
    const page = await browser.newPage();
    await page.goto(`http://${host}:${port}/`);
    const refused = page.waitForResponse((response) => response.url().startsWith(new URL(address).origin));
    await page.evaluate(`{
      const frame = document.createElement('iframe');
      frame.src = ${JSON.stringify(address)};
      document.body.append(frame);
    }`);
    t.is((await refused).status(), 403);
    const { origin, hash } = new URL(address);
    const ask = `fetch('${origin}/api/traces', { headers: { authorization: 'Bearer ${hash.slice(1)}' } })`;
    await t.throwsAsync(page.evaluate(ask), { message: /Failed to fetch/ });
    await t.throwsAsync(page.evaluate(`fetch('${origin}/')`), { message: /Failed to fetch/ });
    await page.context().close();
  });
}
