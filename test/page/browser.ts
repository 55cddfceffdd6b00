import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

/** Debian's Chromium. Undefined where there is none: test/page/chromium.sh installs it. */
export const chromiumPath = findChromium();

function findChromium(): string | undefined {
  try {
    return execFileSync('sh', ['-c', 'command -v chromium'], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}

export function launch(): Promise<Browser> {
  // Root has no sandbox in Chromium; a container has none of its own kind either.
  return chromium.launch({ executablePath: chromiumPath ?? 'chromium', args: ['--no-sandbox'] });
}

/** The page of a run, and what went wrong in it: console errors (which a violation of the policy is too), exceptions, outside requests. */
export interface Watched {
  readonly page: Page;
  readonly wrong: string[];
}

export async function openPage(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Watched> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  const wrong: string[] = [];
  page.on('console', (message) => {
    // That nobody answers is logged by the browser itself; whether the page says so is asked of the page.
    if (message.type() === 'error' && !/ERR_CONNECTION|ERR_INCOMPLETE|404/.test(message.text()))
      wrong.push(message.text());
  });
  page.on('pageerror', (error) => wrong.push(error.message));
  page.on('request', (request) => {
    const { protocol, host } = new URL(request.url());
    if (!['data:', 'blob:'].includes(protocol) && host !== new URL(url).host) wrong.push(`request to ${request.url()}`);
  });
  await page.goto(url);
  // The document is loaded before its script is: keys would come too early.
  await page.locator('main').waitFor();
  return { page, wrong };
}

export async function openView(page: Page, path: string): Promise<void> {
  const [token] = new URL(page.url()).hash.slice(1).split('/');
  await page.evaluate(`location.hash = ${JSON.stringify(`#${token}/${path}`)}`);
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds, in a world of its own: the page's policy lets no script in. */
export async function violations(page: Page): Promise<readonly string[]> {
  const session = await page.context().newCDPSession(page);
  const { frameTree } = await session.send('Page.getFrameTree');
  const { executionContextId: contextId } = await session.send('Page.createIsolatedWorld', {
    frameId: frameTree.frame.id,
  });
  await session.send('Runtime.evaluate', { expression: axeSource, contextId });
  const expression = `axe.run().then(({ violations, passes }) => JSON.stringify({
    passes: passes.length,
    found: violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html.slice(0, 200)).join(' | ')),
  }))`;
  const { result } = await session.send('Runtime.evaluate', { expression, contextId, awaitPromise: true });
  await session.detach();
  const { passes, found } = JSON.parse(result.value) as { passes: number; found: string[] };
  return passes > 5 ? found : [...found, 'axe has looked at nothing'];
}
