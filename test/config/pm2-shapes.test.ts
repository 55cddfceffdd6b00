import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { KfError } from '../../src/contract/errors.js';
import { type EcosystemInput, readEcosystem } from '../../src/platforms/pm2/ecosystem/read-ecosystem.js';
import { tree } from '../helpers/tree.js';

/** The shapes that pm2's own fixtures and examples have, each as small as it can be, and what becomes of it. */
interface Shape {
  readonly what: string;
  readonly file: string;
  readonly text: string;
  readonly apps: readonly string[];
  /** What is warned of. */
  readonly warns?: RegExp;
}

const json = (value: unknown) => JSON.stringify(value);
const SHAPES: readonly Shape[] = [
  {
    what: 'an array',
    file: 'a.json',
    text: json([{ script: 'app.js' }, { name: 'b', script: 'app.js' }]),
    apps: ['app', 'b'],
  },
  { what: 'one object', file: 'a.json', text: '{ script: "./app.js", name: "child" }', apps: ['child'] },
  {
    what: 'apps as one object',
    file: 'a.json',
    text: '{ "apps": { "treekill": false, "script": "app.js" } }',
    apps: ['app'],
  },
  {
    what: 'apps without a name that run one script',
    file: 'a.json',
    text: json([{ script: 'app.js' }, { script: './app.js', args: 'b' }, { script: 'app.js', name: 'app-3' }]),
    apps: ['app', 'app-2', 'app-3'],
    warns: /another app of the file is called "app": this one is "app-2"/,
  },
  {
    what: 'the same with a prefix, beside one of that name',
    file: 'a.json',
    text: json(
      [{ name: 'x-app' }, { name_prefix: 'x-' }, { name_prefix: 'x-' }].map((app) => ({ script: 'app.js', ...app })),
    ),
    apps: ['x-app', 'x-app-2', 'x-app-3'],
    warns: /this one is "x-app-3"/,
  },
  { what: 'under pm2', file: 'a.config.js', text: 'module.exports = { pm2: [{ script: "app.js" }] }', apps: ['app'] },
  {
    what: 'JSON with comments and code',
    file: 'a.json',
    text: '// hi\n[{ script: ["app", "js"].join(".") /* so */ }]',
    apps: ['app'],
  },
  { what: 'json5', file: 'a.json5', text: "{ /** doc */ apps: [{ name: 'API', script: 'app.js', }] }", apps: ['API'] },
  { what: 'a list of YAML', file: 'a.yml', text: "- script: './app.js'\n  name: 'x'\n", apps: ['x'] },
  {
    what: 'deploy beside apps',
    file: 'a.json',
    text: json({ apps: [{ script: 'app.js' }], deploy: { production: {} } }),
    apps: ['app'],
  },
  {
    what: 'max, which pm2 has forgotten',
    file: 'a.json',
    text: json({ script: 'app.js', max: '1' }),
    apps: ['app'],
    warns: /max is no field of pm2, and is ignored/,
  },
  {
    what: 'options',
    file: 'a.json',
    text: json({ script: 'app.js', options: [''] }),
    apps: ['app'],
    warns: /options is no field/,
  },
  {
    what: 'a misspelt field',
    file: 'a.json',
    text: json({ script: 'app.js', instence: 2 }),
    apps: ['app'],
    warns: /did you mean instances\?/,
  },
  {
    what: 'unknown fields that are like ignored ones: no name is suggested that does nothing',
    file: 'a.json',
    text: json({ script: 'app.js', max: 2, vision: true, forse: true }),
    apps: ['app'],
    warns:
      /max is no field of pm2, and is ignored\n.*vision is no .*ignored\n.*forse is no field of pm2, and is ignored$/,
  },
  {
    what: 'vizion, pmx and trace',
    file: 'a.json',
    text: json({ script: 'app.js', vizion: true, pmx: true, trace: true }),
    apps: ['app'],
    warns: /vizion is ignored: .*\n.*pmx is ignored: .*\n.*trace is ignored/,
  },
  {
    what: 'none of them',
    file: 'a.json',
    text: json({ script: 'app.js', vizion: false, pmx: false, merge_logs: true }),
    apps: ['app'],
  },
  {
    what: 'watch_options',
    file: 'a.json',
    text: json({ script: 'app.js', watch_options: { followSymlinks: true } }),
    apps: ['app'],
    warns: /watch_options is ignored/,
  },
  {
    what: 'a pattern to watch',
    file: 'a.json',
    text: json({ script: 'app.js', watch: ['**'] }),
    apps: ['app'],
    warns: /watch holds the pattern "\*\*": all of the directory \. is watched/,
  },
  {
    what: 'fork mode with several',
    file: 'a.json',
    text: json({ script: 'app.js', exec_mode: 'fork', instances: 4 }),
    apps: ['app'],
  },
  {
    what: 'fork_mode and texts of numbers',
    file: 'a.json',
    text: json({ script: 'app.js', exec_mode: 'fork_mode', min_uptime: '100', max_restarts: '50' }),
    apps: ['app'],
  },
  {
    what: 'a text where variables stand',
    file: 'a.json',
    text: json({ script: 'app.js', env_variable: 'TOTO' }),
    apps: ['app'],
    warns: /env_variable is ignored/,
  },
  {
    what: 'names with spaces',
    file: 'a.json',
    text: json([
      { script: 'app.js', name: 'my app' },
      { script: 'app.js', name: 'a, b' },
    ]),
    apps: ['my app', 'a, b'],
  },
  {
    what: 'a python script',
    file: 'a.yaml',
    text: 'apps:\n  - name: py\n    cmd: job.sh\n    interpreter: /bin/sh\n    interpreter_args: -u\n',
    apps: ['py'],
    warns: /run by \/bin\/sh, as a process without cluster and telemetry/,
  },
  {
    what: 'a script of the shell',
    file: 'a.json',
    text: json({ script: './job.sh', max_memory_restart: '1G' }),
    apps: ['job'],
    warns: /max_memory_restart is ignored: it is for programs of Node\n.*run by .*sh/,
  },
  {
    what: 'a program',
    file: 'a.json',
    text: json({ script: './tool' }),
    apps: ['tool'],
    warns: /tool: run by the system/,
  },
  {
    what: 'a command of the shell',
    file: 'a.json',
    text: json({ name: 'cmd', cmd: "sh -c 'sleep 1'" }),
    apps: ['cmd'],
    warns: /sh -c 'sleep 1': run by .*sh, as a process/,
  },
  {
    what: 'node -e',
    file: 'a.json',
    text: json({ name: 'cmd', cmd: "node -e '1'" }),
    apps: ['cmd'],
    warns: /node -e '1': run by .*sh, as a process/,
  },
  {
    what: 'a program in PATH with arguments',
    file: 'a.json',
    text: json({ script: 'sh', args: ['-c', 'sleep 1'] }),
    apps: ['sh'],
    warns: /script is sh: run by the system, as a process/,
  },
  {
    what: 'a path to watch where nothing is',
    file: 'a.json',
    text: json({ script: 'app.js', watch: ['server', 'app.js'] }),
    apps: ['app'],
    warns: /watch names server, where nothing is: it is not watched/,
  },
  {
    what: 'an interpreter that is an empty text',
    file: 'a.json',
    text: json({ script: 'sh', args: ['-c', 'sleep 1'], exec_interpreter: '', exec_mode: 'fork_mode' }),
    apps: ['sh'],
    warns: /script is sh: run by the system, as a process/,
  },
  {
    what: 'a program of npx that is not installed',
    file: 'a.json',
    text: json({ name: 'front', script: 'npx', args: 'serve -s dist -l 3000' }),
    apps: ['front'],
    warns: /script is npx: run by the system, as a process/,
  },
  {
    what: 'the same as one text',
    file: 'a.json',
    text: json({ name: 'front', script: 'npx serve -s dist' }),
    apps: ['front'],
    warns: /npx serve -s dist: run by .*sh, as a process/,
  },
  {
    what: 'options of a package manager',
    file: 'a.json',
    text: json({ name: 'web', script: 'npm', args: '--prefix web start' }),
    apps: ['web'],
    warns: /script is npm: run by the system, as a process/,
  },
  {
    what: "a field of pm2's that is misspelt and does nothing",
    file: 'a.json',
    text: json({ script: 'app.js', merge_log: true }),
    apps: ['app'],
    warns: /merge_log is no field of pm2, and is ignored$/,
  },
  {
    what: 'a file of variables',
    file: 'a.json',
    text: json({ script: 'app.js', env_file: '.env' }),
    apps: ['app'],
    warns: /env_file is ignored: .*kf: \{ envFile: "\.env" \}/,
  },
  { what: 'tsx', file: 'a.json', text: json({ script: 'app.js', interpreter: 'tsx' }), apps: ['app'] },
  {
    what: 'a path with a tilde',
    file: 'a.json',
    text: json({ script: 'app.js', out_file: '~/out.log', pid_file: '~/a.pid' }),
    apps: ['app'],
  },
];

async function read(t: Parameters<typeof tree>[0], file: string, text: string, more: Partial<EcosystemInput> = {}) {
  const tsx = { 'node_modules/tsx/package.json': '{"exports":{"import":"./loader.mjs"}}' };
  const others = { 'app.js': '', 'job.sh': 'true', tool: '#!/bin/sh\ntrue', 'package.json': '{}', ...tsx };
  const cwd = tree(t, { [file]: text, ...others });
  chmodSync(join(cwd, 'tool'), 0o755);
  return readEcosystem({ file, cwd, environment: { PATH: process.env.PATH }, ...more });
}

for (const { what, file, text, apps, warns } of SHAPES) {
  test(`${what}: started as pm2 would`, async (t) => {
    const found = await read(t, file, text);
    t.deepEqual(
      found.map(({ name }) => name),
      apps,
    );
    const warnings = found.flatMap((app) => app.warnings).join('\n');
    if (warns) t.regex(warnings, warns);
    else t.is(warnings, '');
  });
}

const STRICT = SHAPES.filter(({ warns }) => warns && !warns.source.includes('run by'));

for (const { what, file, text } of STRICT) {
  test(`${what}: refused with --strict`, async (t) => {
    const error = (await t.throwsAsync(read(t, file, text, { strict: true }))) as unknown as KfError;
    t.is(error.code, 'CONFIG_INVALID');
  });
}

/** What would end in a crash loop is refused before the start, with the way out. */
const REFUSED: ReadonlyArray<readonly [string, object, RegExp]> = [
  ['a version of node', { script: 'app.js', interpreter: 'node@18' }, /nvm which 18/],
  [
    'an interpreter that is not there',
    { script: 'app.js', interpreter: 'no-such-thing' },
    /there is no no-such-thing in PATH/,
  ],
  ['bun where there is none', { script: 'app.js', interpreter: '/gone/bun' }, /there is no \/gone\/bun to run app\.js/],
  [
    'ts-node where there is none',
    { script: 'app.js', interpreter: 'ts-node' },
    /there is no ts-node\/register in .*npm i -D ts-node$/,
  ],
  ['a program that may not be executed', { script: 'app.js', interpreter: 'none' }, /chmod \+x/],
  ['a script that is not there', { script: 'gone.js' }, /no script at/],
  ['a command whose program is not there', { cmd: 'no-such-thing --now' }, /there is no no-such-thing in PATH/],
  ["pm2's file server", { script: 'serve' }, /file server is none of ours/],
  ['a file that yarn is to run and that is not there', { cmd: 'yarn tsx gone.ts' }, /no script at/],
  ['a file that node is to run and that is not there', { cmd: 'node gone.js' }, /no script at/],
];

test("pm2's file server is refused also where package.json has a script of that name, which is another program", async (t) => {
  const cwd = tree(t, {
    'a.json': json({ script: 'serve', env: { PM2_SERVE_PATH: 'dist' } }),
    'package.json': '{"scripts":{"serve":"node app.js"}}',
    'app.js': '',
  });
  const input = { file: 'a.json', cwd, environment: { PATH: process.env.PATH } };
  const error = (await t.throwsAsync(readEcosystem(input))) as unknown as KfError;
  t.regex(error.why, /file server is none of ours.*"-y serve -s DIR -l PORT"/);
});

test('a file that is for pm2 deploy alone holds no apps', async (t) => {
  const text = '{ "deploy": { "production": { "user": "me" } } }';
  const error = (await t.throwsAsync(read(t, 'a.json', text))) as unknown as KfError;
  t.regex(error.message, /a\.json holds no apps/);
});

test("a file for pm2's file server alone holds no apps, and says what serves files", async (t) => {
  const error = (await t.throwsAsync(
    read(t, 'a.json', json({ static: [{ path: '.', port: 1 }] })),
  )) as unknown as KfError;
  t.regex(
    `${error.message} ${error.fix}`,
    /a\.json holds no apps.*"static": pm2's file server is none of ours.*-y serve/,
  );
});

for (const [what, app, says] of REFUSED) {
  test(`${what} is refused`, async (t) => {
    const error = (await t.throwsAsync(read(t, 'a.json', json(app)))) as unknown as KfError;
    t.regex(error.why, says);
  });
}

test('--only takes names with spaces and commas', async (t) => {
  const text = json([
    { script: 'app.js', name: 'my app' },
    { script: 'app.js', name: 'a, b' },
    { script: 'app.js', name: 'c' },
  ]);
  const only = async (names: string) => (await read(t, 'a.json', text, { only: names })).map(({ name }) => name);
  t.deepEqual(await only('my app'), ['my app']);
  t.deepEqual(await only('a, b'), ['a, b']);
  t.deepEqual(await only('my app,c'), ['my app', 'c']);
  t.deepEqual(await only('c'), ['c']);
});

test('fork mode with several is as many workers; tsx is an argument of node', async (t) => {
  const [fork] = await read(t, 'a.json', json({ script: 'app.js', exec_mode: 'fork', instances: 4 }));
  t.is(fork!.options.workers, 4);
  const [tsx] = await read(t, 'a.json', json({ script: 'app.js', interpreter: 'tsx' }));
  t.deepEqual(tsx!.options.nodeArgs, ['--import', 'tsx', '--enable-source-maps']);
});

test('instance_var renames the variable of the slot, and an empty one takes it away', async (t) => {
  const of = async (instance_var: string) =>
    (await read(t, 'a.json', json({ script: 'app.js', instance_var })))[0]!.options.instanceVar;
  t.is(await of('NUMBER'), 'NUMBER');
  t.is(await of(''), 'none');
});
