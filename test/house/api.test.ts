import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { root } from '../helpers/run-node.js';

test('docs/API.md is what `npm run docs` writes', async (t) => {
  const { apiPage } = (await import(join(root, 'build/api-page.mjs'))) as { apiPage(root: string): Promise<string> };
  t.is(readFileSync(join(root, 'docs/API.md'), 'utf8'), await apiPage(root));
});

test('etc/api.md is what programs can import now', async (t) => {
  const { apiReport } = (await import(join(root, 'build/api-report.mjs'))) as {
    apiReport(root: string): Promise<string>;
  };
  t.is(
    readFileSync(join(root, 'etc/api.md'), 'utf8'),
    await apiReport(root),
    'npm run docs writes it anew; a change of it is a change of the API',
  );
});
