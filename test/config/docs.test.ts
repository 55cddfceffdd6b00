import { readFileSync } from 'node:fs';
import test from 'ava';
import { configSchema } from '../../src/config/json-schema.js';
import { configurationMarkdown } from '../../src/config/options-docs.js';
import { gunicornMarkdown } from '../../src/platforms/gunicorn/gunicorn-docs.js';
import { pm2Markdown } from '../../src/platforms/pm2/ecosystem/pm2-docs.js';

const read = (name: string) => readFileSync(new URL(`../../../docs/${name}`, import.meta.url), 'utf8');

test('docs/CONFIGURATION.md is what `npm run docs` writes', (t) => {
  t.is(read('CONFIGURATION.md'), configurationMarkdown());
});

test('docs/kf-cluster.schema.json is what `npm run docs` writes', (t) => {
  t.deepEqual(JSON.parse(read('kf-cluster.schema.json')), configSchema());
});

test('docs/PM2.md is what `npm run docs` writes', (t) => {
  t.is(read('PM2.md'), pm2Markdown());
  t.is(read('GUNICORN.md'), gunicornMarkdown());
});
