import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { SYMPTOMS } from '../../src/diagnose/symptoms.js';
import { troubleshootingMarkdown } from '../../src/diagnose/troubleshooting.js';
import { BIN } from '../helpers/cluster.js';
import { root } from '../helpers/run-node.js';
import { depends, installed, write } from './set-up.js';

const GUIDES = join(root, 'docs/guides');

interface Block {
  readonly command: string;
  /** What the page says that it prints. */
  readonly output: string | undefined;
}

/** The `sh` blocks of a page; a block without a language behind one is its output. */
function blocksIn(text: string): Block[] {
  const blocks = [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language = '', body = '']) => ({
    language,
    body,
  }));
  return blocks.flatMap(({ language, body }, i) => {
    const next = blocks[i + 1];
    return language === 'sh' ? [{ command: body, output: next?.language === '' ? next.body : undefined }] : [];
  });
}

/** Runs a block as a reader would: in a shell, with kf-cluster on the PATH. */
function run(command: string, cwd: string): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = { PATH: `${cwd}/bin:${process.env.PATH}`, HOME: join(cwd, 'home'), XDG_RUNTIME_DIR: join(cwd, 'run') };
  return new Promise((resolve) =>
    execFile('sh', ['-e', '-c', command], { cwd, env }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    ),
  );
}

for (const page of readdirSync(GUIDES)) {
  test(`every block of ${page} runs, and prints what the page says`, async (t) => {
    const api = '@opentelemetry/api';
    const dir = write(t, {
      files: {
        ...depends({ express: '5', [api]: '1' }),
        ...installed('express', '5.1.0'),
        'app.js': "require('node:http').createServer((_, res) => res.end('ok')).listen(0);\n",
        'job.js':
          "require('@opentelemetry/api').trace.getTracer('dice').startActiveSpan('roll', (span) => span.end());\n",
      },
      links: [api],
    });
    for (const name of ['bin', 'run', 'home']) mkdirSync(join(dir, name), { mode: 0o700 });
    writeFileSync(join(dir, 'bin/kf-cluster'), `#!/bin/sh\nexec ${process.execPath} ${BIN} "$@"\n`);
    chmodSync(join(dir, 'bin/kf-cluster'), 0o755);
    const blocks = blocksIn(readFileSync(join(GUIDES, page), 'utf8'));
    t.true(blocks.length > 0);
    for (const { command, output } of blocks) {
      const { code, stdout, stderr } = await run(command, dir);
      t.is(code, 0, `${command}\n${stdout}${stderr}`);
      if (output !== undefined) t.is(stdout, output, command);
    }
  });
}

test('docs/guides/TROUBLESHOOTING.md is what the tables say, and has the 18 symptoms', (t) => {
  t.is(readFileSync(join(GUIDES, 'TROUBLESHOOTING.md'), 'utf8'), troubleshootingMarkdown(), 'npm run docs');
  t.is(Object.keys(SYMPTOMS).length, 18);
});
