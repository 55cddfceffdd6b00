import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'ava';
import { NODE, watch } from '../helpers/cluster.js';
import { workDir } from '../helpers/control.js';
import '../helpers/json-log.js';
import { packedBin } from '../helpers/packed.js';
import { freePort } from '../helpers/raw.js';
import { root } from '../helpers/run-node.js';

// Every command of the guides, in their order, from the packed package in a folder of its own.

const bin = packedBin();
const APP = `process.on('SIGUSR2', () => undefined);
require('node:http').createServer((_, response) => response.end('hello')).listen(Number(process.env.PORT));`;

/** The lines of all blocks of the shell. */
function linesOf(guide: string): string[] {
  const blocks = readFileSync(join(root, 'docs', guide), 'utf8').matchAll(/```sh\n(.*?)```/gs);
  return [...blocks].flatMap(([, block]) => block!.split('\n')).filter((line) => line.trim() !== '');
}

/** A file that a guide shows: its first line is its name in a comment. */
function fileOf(guide: string, name: string): string | undefined {
  return readFileSync(join(root, 'docs', guide), 'utf8')
    .split(`\`\`\`js\n// ${name}\n`)[1]
    ?.split('```')[0];
}

const isForeground = (line: string) => / start /.test(line) && !line.includes('--daemon');

for (const guide of ['MIGRATING-FROM-PM2.md', 'FROM-GUNICORN-HABITS.md', 'FROM-NODE-CLUSTER.md']) {
  test(`each command of ${guide} does what it says`, async (t) => {
    const cwd = workDir(t);
    const ports: Record<string, string> = {};
    for (const port of ['8081', '8082', '8083']) ports[port] = String(await freePort());
    const here = (text: string) => text.replaceAll(/\b808[123]\b/g, (port) => ports[port]!);
    symlinkSync(dirname(dirname(dirname(dirname(bin)))), join(cwd, 'node_modules'));
    mkdirSync(join(cwd, 'run'));
    const files: Record<string, string | undefined> = {
      'package.json': '{ "name": "fresh", "private": true }',
      'app.js': APP,
      'jobs.sh': 'echo working; exec sleep 1000',
      'ecosystem.config.js': fileOf(guide, 'ecosystem.config.js'),
    };
    for (const [name, text] of Object.entries(files))
      if (text !== undefined) writeFileSync(join(cwd, name), here(text));
    const run = join(cwd, 'run');
    const env = {
      XDG_RUNTIME_DIR: run,
      XDG_STATE_HOME: run,
      OTEL_TRACES_EXPORTER: 'none',
      PORT: String(await freePort()),
    };
    // What a failing test leaves runs in the background.
    t.teardown(() => spawnSync(NODE, [bin, 'stop', 'all', '--force'], { cwd, env: { ...process.env, ...env } }));
    const lines = linesOf(guide);
    t.true(lines.length >= 4);
    for (const line of lines) {
      // npx would look the package up in the registry's cache first; what it runs is this.
      const command = here(line.replace('npx kf-cluster', 'exec node_modules/.bin/kf-cluster'));
      const running = watch(t, '/bin/sh', ['-c', command], { cwd, env });
      if (isForeground(line)) {
        await running.event('all-ready');
        running.kill('SIGTERM');
      }
      t.is((await running.exit).code, 0, `${line}\n${running.stderr()}`);
      t.log(line);
    }
  });
}
