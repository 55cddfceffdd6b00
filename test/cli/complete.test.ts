import { spawnSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { type Candidates, complete } from '../../src/cli/complete.js';
import { kf } from '../helpers/cli.js';
import { BIN } from '../helpers/cluster.js';
import { OWN_PLACE } from '../helpers/own-place.js';
import { tree } from '../helpers/tree.js';

const ask = (line: string): Promise<Candidates> =>
  complete(line.split(' '), {
    commands: ['start', 'status', 'stop'],
    flags: async (command) => (command === 'stop' ? ['--force', '--name'] : ['--drain-timeout', '--workers']),
    running: async () => ['api', 'web'],
    apps: async (file) => (file === 'ecosystem.config.js' ? ['api', 'jobs'] : []),
  });

const LINES: readonly (readonly [line: string, values: readonly string[], files?: true])[] = [
  ['st', ['start', 'status', 'stop']],
  ['start --drain-t', ['--drain-timeout']],
  ['start app.js --log-level ', ['debug', 'info', 'warn', 'error', 'silent']],
  ['start app.js --log-level=de', ['--log-level=debug']],
  ['start app.js --log-file ', ['-'], true],
  ['start app.js --access-log ', ['-'], true],
  ['start app.js --exporter-otlp-protocol http/', ['http/protobuf', 'http/json']],
  ['start app.js --metrics-exporter p', ['prometheus']],
  ['start ap', [], true],
  ['start app.js -- --he', [], true],
  ['start ecosystem.config.js --only j', ['jobs']],
  ['status ', ['api', 'web']],
  ['stop api w', ['web']],
  ['reload --name a', ['api']],
  ['scale ', []],
  ['scale 3 ', ['api', 'web']],
  ['signal SIGU', ['SIGUSR2']],
  ['init sys', ['systemd']],
  ['completion ', ['bash', 'zsh', 'fish']],
  ['stop --f', ['--force']],
];

for (const [line, values, files = false] of LINES) {
  test(`kf-cluster ${line}|`, async (t) => {
    t.deepEqual(await ask(line), { values, files });
  });
}

test('the flags are those of the help of each command', async (t) => {
  const dir = tree(t, {});
  const flags = async (...words: string[]) => (await kf(['complete', '--', ...words], dir)).stdout.trim().split('\n');
  t.deepEqual(await flags('stop', '--f'), ['--force']);
  t.deepEqual(await flags('logs', '--re'), ['--reopen']);
  t.deepEqual(await flags('start', '--access-log-'), ['--access-log-format', '--access-log-trust']);
  t.deepEqual(await flags('start', '--no-move'), ['--no-move-connections']);
  t.deepEqual(await flags('descr'), ['describe']);
});

test('bash completes a name with a space as one word', async (t) => {
  const dir = tree(t, {
    'e.config.cjs': "exports.apps = [{ name: 'my web', script: 'app.js' }, { name: 'jobs', script: 'app.js' }]",
  });
  symlinkSync(BIN, join(dir, 'kf-cluster'));
  const { stdout } = await kf(['completion', 'bash'], dir);
  const complete = (line: string) => {
    const words = line.match(/(?:\\ |[^ ])+|(?<= )$/g) ?? [];
    const asked = `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}`;
    const script = `${stdout}${asked}; COMP_LINE='${line}'; COMP_POINT=\${#COMP_LINE}; _kf_cluster; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { PATH = '', HOME = '' } = process.env;
    const bash = spawnSync('bash', ['-c', script], {
      cwd: dir,
      encoding: 'utf8',
      env: { PATH: `${dir}:${PATH}`, HOME, ...OWN_PLACE },
    });
    t.is(bash.stderr, '');
    return bash.stdout.trim().split('\n');
  };
  t.deepEqual(complete('kf-cluster start e.config.cjs --only my'), ['my\\ web']);
  t.deepEqual(complete('kf-cluster start e.config.cjs --only my\\ '), ['my\\ web']);
  t.deepEqual(complete('kf-cluster start e.config.cjs --only '), ['my\\ web', 'jobs']);
});
