import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { root } from '../helpers/run-node.js';

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
