import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import test from 'ava';
import { commandsWithFlags } from '../../src/cli/commands.js';
import { configSchema } from '../../src/config/json-schema.js';
import { manPage } from '../../src/config/man-page.js';
import { ROWS } from '../../src/config/options.js';
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

test('the man page is what `npm run docs` writes, has every option and command, and groff has nothing to say against it', async (t) => {
  const page = read('kf-cluster.1');
  const commands = await commandsWithFlags();
  t.is(page, manPage(commands));
  for (const flag of commands.flatMap(({ flags }) => flags).filter((one) => !/^--(help|version)$/.test(one)))
    t.true(page.includes(flag.replace(/^--(no-)?/, '').replaceAll('-', '\\-')), flag);
  for (const { name } of ROWS) t.true(page.includes(name.replaceAll('-', '\\-')), name);
  for (const command of ['start', 'reload', 'logs', 'completion']) t.regex(page, new RegExp(`^\\.B ${command}`, 'm'));
  const groff = spawnSync('groff', ['-man', '-Tutf8', '-ww'], { input: page, encoding: 'utf8' });
  if (groff.error) return t.log('there is no groff here: only the text was compared');
  t.is(groff.stderr, '');
});
