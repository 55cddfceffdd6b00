import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'ava';
import { NODE } from '../helpers/cluster.js';
import { workDir } from '../helpers/control.js';
import { blocksIn, filesIn, runBlock } from '../helpers/guide-page.js';
import { packedBin } from '../helpers/packed.js';
import { freePort } from '../helpers/raw.js';
import { root } from '../helpers/run-node.js';
import { allSignals } from '../helpers/signals.js';

// Every block of the walkthrough, in its order, from the packed package in a folder with what the page shows and nothing else.

const bin = packedBin();

test('each block of docs/guides/WALKTHROUGH.md does what the page says, and its spans arrive', async (t) => {
  const { receiver, spans } = await allSignals(t);
  const ports: Record<string, string> = { 8080: String(await freePort()), 4317: new URL(receiver.grpcUrl).port };
  const here = (text: string) => text.replaceAll(/\b(8080|4317)\b/g, (port) => ports[port]!);
  const page = here(readFileSync(join(root, 'docs/guides/WALKTHROUGH.md'), 'utf8'));
  const cwd = workDir(t);
  const modules = dirname(dirname(dirname(dirname(bin))));
  symlinkSync(modules, join(cwd, 'node_modules'));
  writeFileSync(join(cwd, 'package.json'), '{ "dependencies": { "kf-cluster": "*" } }'); // as npm i writes it
  for (const [name, text] of Object.entries(filesIn(page))) writeFileSync(join(cwd, name), text);
  const run = join(cwd, 'run');
  mkdirSync(run, { mode: 0o700 });
  const env = {
    PATH: `${join(modules, '.bin')}:${dirname(NODE)}:${process.env.PATH}`,
    ...{ HOME: run, XDG_RUNTIME_DIR: run, XDG_STATE_HOME: run },
  };
  // What a failing test leaves runs in the background.
  t.teardown(() => spawnSync(NODE, [bin, 'stop', 'all', '--force'], { cwd, env }));
  const blocks = blocksIn(page);
  t.true(blocks.length > 8);
  for (const { command, output } of blocks) {
    // The port of the test's collector is not the default one, which the page's later commands mean.
    const { code, stdout, stderr } = await runBlock(command, cwd, {
      ...env,
      ...(/^kf-cluster (config|doctor)/.test(command) && {
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://localhost:${ports[4317]}`,
      }),
    });
    t.is(code, 0, `${command}\n${stdout}${stderr}`);
    if (output !== undefined) t.is(stdout, output, command);
    if (command.includes('curl')) t.regex(stdout, /^rolled/m);
  }
  const service = (name: string) =>
    spans.filter((span) => span.name === name).map(({ resource }) => resource.attributes['service.name']);
  t.deepEqual(service('roll'), ['dice']);
  t.true(service('kf-cluster doctor').includes('dice'));
});
