import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { SYMPTOMS } from '../../src/diagnose/symptoms.js';
import { troubleshootingMarkdown } from '../../src/diagnose/troubleshooting.js';
import { BIN } from '../helpers/cluster.js';
import { blocksIn, runBlock } from '../helpers/guide-page.js';
import { root } from '../helpers/run-node.js';
import { depends, installed, write } from './set-up.js';

const GUIDES = join(root, 'docs/guides');

/** test/apps/walkthrough runs that page from the packed package, with a collector. */
const PAGES = readdirSync(GUIDES).filter((page) => page !== 'WALKTHROUGH.md');

for (const page of PAGES) {
  test(`every block of ${page} runs, and prints what the page says`, async (t) => {
    const api = '@opentelemetry/api';
    const dir = write(t, {
      files: {
        ...depends({ express: '5', [api]: '1' }),
        ...installed('express', '5.1.0'),
        'app.js': "require('node:http').createServer((_, res) => res.end('ok')).listen(0);\n",
      },
      links: [api],
    });
    for (const name of ['bin', 'run', 'home']) mkdirSync(join(dir, name), { mode: 0o700 });
    writeFileSync(join(dir, 'bin/kf-cluster'), `#!/bin/sh\nexec ${process.execPath} ${BIN} "$@"\n`);
    chmodSync(join(dir, 'bin/kf-cluster'), 0o755);
    const env = { PATH: `${dir}/bin:${process.env.PATH}`, HOME: join(dir, 'home'), XDG_RUNTIME_DIR: join(dir, 'run') };
    const blocks = blocksIn(readFileSync(join(GUIDES, page), 'utf8'));
    t.true(blocks.length > 0);
    for (const { command, output } of blocks) {
      const { code, stdout, stderr } = await runBlock(command, dir, env);
      t.is(code, 0, `${command}\n${stdout}${stderr}`);
      if (output !== undefined) t.is(stdout, output, command);
    }
  });
}

test('docs/guides/TROUBLESHOOTING.md is what the tables say, and has the 18 symptoms', (t) => {
  t.is(readFileSync(join(GUIDES, 'TROUBLESHOOTING.md'), 'utf8'), troubleshootingMarkdown(), 'npm run docs');
  t.is(Object.keys(SYMPTOMS).length, 18);
});
