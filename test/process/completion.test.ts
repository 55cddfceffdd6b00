import { spawnSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { kf } from '../helpers/cli.js';
import { BIN, fixture, watch } from '../helpers/cluster.js';
import { tree } from '../helpers/tree.js';

/** Where a shell looks for its completion as the first line of it says, and its prompt. */
const HOMES: Readonly<Record<string, (script: string) => Record<string, string>>> = {
  bash: (script) => ({ '.bashrc': `PS1='READY> '\n${script}` }),
  zsh: (script) => ({
    '.zshrc': "fpath=(~/functions $fpath)\nautoload -Uz compinit; compinit -u\nPS1='READY> '\n",
    'functions/_kf-cluster': script,
  }),
  fish: (script) => ({
    '.config/fish/config.fish': "function fish_prompt; echo 'READY> '; end\n",
    '.config/fish/completions/kf-cluster.fish': script,
  }),
};

for (const [shell, home] of Object.entries(HOMES)) {
  test(`${shell}: the first Tab completes a command, a value, and a file behind an equals sign`, async (t) => {
    if ([shell, 'python3'].some((name) => spawnSync(name, ['-c', 'print']).error)) {
      t.log(`skipped: ${shell} or python3 is not here`);
      return t.pass();
    }
    const { stdout: script } = await kf(['completion', shell], '/');
    const dir = tree(t, { ...home(script), 'bin/x': '', 'server-log.txt': '' });
    writeFileSync(join(dir, 'bin/kf-cluster'), `#!/bin/sh\nexec '${process.execPath}' '${BIN}' "$@"\n`);
    chmodSync(join(dir, 'bin/kf-cluster'), 0o755);
    const env = { HOME: dir, TERM: 'xterm', PATH: `${join(dir, 'bin')}:${process.env.PATH}` };
    for (const [line, whole] of [
      ['kf-cluster rel', 'kf-cluster reload '],
      ['kf-cluster start --log-format=js', '--log-format=json '],
      ['kf-cluster start --log-file=serv', '--log-file=server-log.txt '],
    ] as const) {
      const typing = watch(t, 'python3', [fixture('tab.py'), whole, line, shell, '-i'], { cwd: dir, env });
      t.is((await typing.exit).code, 0, `${line}: ${typing.stderr()}`);
    }
  });
}
