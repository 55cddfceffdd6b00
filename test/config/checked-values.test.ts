import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { parseFormat } from '../../src/config/access-log-format.js';
import { checkName } from '../../src/config/app-name.js';
import {
  checkCron,
  checkJournalStarts,
  checkPatterns,
  checkScheduling,
  checkWatchPaths,
} from '../../src/config/checks.js';
import { isEsmScript } from '../../src/config/module-type.js';
import { checkHeadersFile, nodeFs, readEnvFile } from '../../src/config/node-fs.js';
import { manifestAbove } from '../../src/config/project-manifest.js';
import { trustedProxies } from '../../src/config/trusted-proxies.js';
import { type ErrorCode, KfError } from '../../src/contract/errors.js';
import { privateDir } from '../helpers/cluster.js';
import { tree } from '../helpers/tree.js';

/** What it throws, read. */
async function refusal(act: () => unknown): Promise<KfError> {
  try {
    await act();
  } catch (error) {
    if (error instanceof KfError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

for (const [list, trusted, others] of [
  ['10.0.0.7', ['10.0.0.7'], ['10.0.0.8', '::1', '', 'x']],
  ['10.1.0.0/16', ['10.1.0.0', '10.1.255.255'], ['10.2.0.0']],
  ['loopback', ['127.0.0.1', '127.8.8.8', '::1'], ['10.0.0.1', '::2']],
  [
    'private',
    ['10.9.9.9', '172.31.0.1', '192.168.1.1', 'fd00::1', 'fe80::1'],
    ['172.32.0.1', '8.8.8.8', '2001:db8::1'],
  ],
  ['*', ['8.8.8.8', '2001:db8::1'], ['unix:', 'nobody']],
  ['2001:db8::/32', ['2001:db8:1::1'], ['2001:db9::1', '10.0.0.1']],
  ['0.0.0.0/0', ['1.2.3.4'], ['::1']],
  [' 10.0.0.7 , loopback ', ['10.0.0.7', '127.0.0.1'], ['10.0.0.6']],
] as const) {
  test(`a proxy is trusted by ${list}`, (t) => {
    const isTrusted = trustedProxies([list]);
    t.deepEqual(
      trusted.filter((address) => !isTrusted(address)),
      [],
    );
    t.deepEqual(others.filter(isTrusted), []);
  });
}

for (const item of [
  '10.0.0',
  '10.0.0.1/33',
  '::1/129',
  '10.0.0.0/x',
  '10.0.0.0/',
  'localhost',
  '',
  '10.0.0.1/8/8',
  '-1',
]) {
  test(`no proxy: ${JSON.stringify(item)}`, async (t) => {
    const { code, message, fix } = await refusal(() => trustedProxies(['loopback', item]));
    t.is(code, 'CONFIG_INVALID');
    t.true(message.includes(JSON.stringify(item)));
    t.regex(fix, /10\.1\.0\.0\/16/);
  });
}

const field = (name: string, of = '') => ({ field: name, name: of });

for (const [format, parts] of [
  ['%h %>s', [field('client'), ' ', field('status')]],
  ['%(h)s [%(s)s]', [field('client'), ' [', field('status'), ']']],
  ['"%{User-Agent}i"', ['"', field('request', 'user-agent'), '"']],
  ['%({X-Id}o)s', [field('response', 'x-id')]],
  ['%{HOME}e', [field('env', 'HOME')]],
  ['%{ms}T|%T', [field('milliseconds', 'ms'), '|', field('seconds')]],
  ['%p %(p)s', undefined],
  ['%(f)s %(a)s', [field('request', 'referer'), ' ', field('request', 'user-agent')]],
  ['%a %P', [field('client'), ' ', field('pid')]],
  ['%(M)s %(L)s', [field('milliseconds'), ' ', field('decimal-seconds')]],
  ['%{slot}x', [field('slot', 'slot')]],
  ['100%% %m', ['100', '%', ' ', field('method')]],
] as const) {
  test(`access log format ${format} is ${parts === undefined ? 'refused' : 'read'}`, async (t) => {
    if (parts !== undefined) return void t.deepEqual(parseFormat(format), [...parts]);
    t.regex((await refusal(() => parseFormat(format))).why, /"%p"/, 'Apache has it for the port, Gunicorn for the pid');
  });
}

for (const [format, named] of [
  ['%Z', '%Z'],
  ['%{nothing}x', '%{nothing}x'],
  ['%{h}T', '%{h}T'],
  ['%M', '%M'],
  ['%{x}h', '%{x}h'],
  ['%(z)s', '%(z)s'],
  ['done 50%', '%'],
] as const) {
  test(`no directive: ${format}`, async (t) => {
    const { code, why, fix } = await refusal(() => parseFormat(format));
    t.is(code, 'CONFIG_INVALID');
    t.true(why.includes(JSON.stringify(named)), why);
    t.regex(fix, /combined.*json.*LOGS\.md/);
  });
}

test('a format is json, the name of one, or has a directive', async (t) => {
  t.is(parseFormat('json'), undefined);
  for (const name of ['common', 'combined', 'traced']) t.true((parseFormat(name)?.length ?? 0) > 5, name);
  t.is((await refusal(() => parseFormat('combine'))).code, 'CONFIG_INVALID');
});

for (const [what, act, code, fix] of [
  [
    'a path to watch where nothing is',
    () => checkWatchPaths(['/', '/none'], '--watch-path'),
    'CONFIG_INVALID',
    /--watch-ignore/,
  ],
  [
    'a cron expression of one field',
    () => checkCron('5', 'KF_CLUSTER_CRON_RESTART'),
    'CONFIG_INVALID',
    /"0 4 \* \* \*"/,
  ],
  ['a cron expression with an hour too many', () => checkCron('0 25 * * *', 'x'), 'CONFIG_INVALID', /day of week/],
  [
    'what is no regular expression',
    () => checkPatterns(['^/ok', '['], '--exclude-urls'),
    'CONFIG_INVALID',
    /\^\/health/,
  ],
  [
    'starts in a journal that is not written',
    () => checkJournalStarts({ delivery: 'memory', 'journal-starts': true }),
    'CONFIG_INVALID',
    /--delivery spool or journal/,
  ],
  ['reuseport on Node 20', () => checkScheduling('reuseport', '20.19.0'), 'BAD_FLAG', /--scheduling shared/],
  ['reuseport on Node 22.11', () => checkScheduling('reuseport', '22.11.0'), 'BAD_FLAG', /newer Node/],
  ['a name with a line end', () => checkName('a\nb', '--name'), 'CONFIG_INVALID', /--name/],
  ['a name with a tab', () => checkName('a\tb', undefined), 'CONFIG_INVALID', /--name/],
  ['a name that turns the text around', () => checkName('a\u202eb', '--name'), 'CONFIG_INVALID', /--name/],
] as const satisfies readonly (readonly [string, () => unknown, ErrorCode, RegExp])[]) {
  test(`refused before anything is forked: ${what}`, async (t) => {
    const error = await refusal(act);
    t.is(error.code, code);
    t.regex(error.fix, fix);
  });
}

test('what those checks let pass', async (t) => {
  await t.notThrowsAsync(async () => {
    checkWatchPaths(undefined, 'x');
    checkWatchPaths(['/'], 'x');
    await checkCron(undefined, 'x');
    await checkCron('*/5 * * * 1-5', 'x');
    checkPatterns(undefined, 'x');
    checkPatterns(['^/a', '(b|c)$'], 'x');
    for (const delivery of ['spool', 'journal'] as const) checkJournalStarts({ delivery, 'journal-starts': true });
    checkJournalStarts({ delivery: 'memory', 'journal-starts': false });
    for (const version of ['22.12.0', '23.0.0', '26.1.0']) checkScheduling('reuseport', version);
    checkScheduling('shared', '20.19.0');
  });
  for (const name of ['läden', 'a b', '@scope/api', "it's"]) t.is(checkName(name, '--name'), name);
});

test('who has named what cannot be a name is said', async (t) => {
  t.regex((await refusal(() => checkName('a\nb', 'KF_CLUSTER_NAME'))).why, /^KF_CLUSTER_NAME has/);
  t.regex((await refusal(() => checkName('a\nb', undefined))).why, /^package\.json or the file name/);
});

test('the nearest package.json counts, whatever odd things stand in it; one that is no JSON is an error', async (t) => {
  const odd = { name: 5, version: null, scripts: { start: 'node app.js', bad: 7 } };
  const dir = tree(t, {
    'package.json': JSON.stringify(odd),
    'a/package.json': '{',
    'b/c/x.js': '',
    'd/package.json': 'null',
  });
  t.deepEqual(manifestAbove(join(dir, 'b/c'), nodeFs), {
    ...{ dir, name: undefined, version: undefined, scripts: { start: 'node app.js' } },
  });
  t.deepEqual(manifestAbove(join(dir, 'd'), nodeFs)?.scripts, {});
  t.is((await refusal(() => manifestAbove(join(dir, 'a'), nodeFs))).code, 'SCRIPT_NOT_READABLE');
  t.is(manifestAbove('/x', { readText: () => undefined }), undefined);
});

test('a script is of the module system that its ending, or the package.json nearest to the real file, says', (t) => {
  const dir = tree(t, { 'package.json': '{"type":"module"}', 'a.js': '', 'cjs/package.json': '{}', 'cjs/b.js': '' });
  mkdirSync(join(dir, 'broken'));
  writeFileSync(join(dir, 'broken/package.json'), '{');
  symlinkSync(join(dir, 'cjs/b.js'), join(dir, 'link.js'));
  const files = ['a.js', 'a.cjs', 'a.cts', 'cjs/b.js', 'cjs/c.mjs', 'cjs/c.mts', 'link.js', 'broken/x.js', 'a.ts'];
  t.deepEqual(
    files.filter((file) => isEsmScript(join(dir, file))),
    ['a.js', 'cjs/c.mjs', 'cjs/c.mts', 'a.ts'],
  );
});

test('what is no file of text is not read, and is no failure; an env file that is not there is one', async (t) => {
  const dir = tree(t, { 'a.env': '# none\nA=1\nexport B="two words"\nC=\n', 'd/x': '' });
  t.deepEqual(readEnvFile(join(dir, 'a.env')), { A: '1', B: 'two words', C: '' });
  for (const name of ['none.env', 'd']) {
    t.is((await refusal(() => readEnvFile(join(dir, name)))).code, 'ENV_FILE', name);
    t.is(nodeFs.readText(join(dir, name)), undefined);
  }
  t.deepEqual(
    ['a.env', 'd', 'none'].map((name) => nodeFs.kind(join(dir, name))),
    ['file', 'directory', undefined],
  );
  t.is(nodeFs.kind('/dev/null'), 'other');
  t.is(nodeFs.realPath(join(dir, 'none')), join(dir, 'none'));
  t.true(nodeFs.readable(join(dir, 'a.env')));
  t.false(nodeFs.readable(join(dir, 'none')));
});

test('a headers file that others can read is warned of; one that is wrong is an error without its values', async (t) => {
  const file = join(privateDir(t), 'headers');
  writeFileSync(file, 'api-key=hunter2\n', { mode: 0o600 });
  t.is(checkHeadersFile(file), undefined);
  chmodSync(file, 0o644);
  t.is(checkHeadersFile(file), `the headers file ${file} is readable by every user: chmod o-r ${file}`);
  writeFileSync(file, 'hunter2\n');
  const { code, message, why } = await refusal(() => checkHeadersFile(file));
  t.is(code, 'HEADERS_FILE');
  t.false(`${message}${why}`.includes('hunter2'));
});
