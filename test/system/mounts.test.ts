import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { homeDir, stateDir } from '../../src/system/home.js';
import { isOnReadOnlyMount, isReadOnly } from '../../src/system/read-only-mount.js';
import { distrustOf, distrustOfPath, distrustOfPrivate } from '../../src/system/trusted-dir.js';
import { privateDir } from '../helpers/cluster.js';
import { onLinux } from '../helpers/linux.js';
import { isRoot } from '../helpers/root.js';

/** A line of mountinfo, as proc(5) has it. */
const mount = (at: string, options: string, ofSuper = 'rw') =>
  `36 35 98:0 / ${at} ${options},noatime shared:1 - ext4 /dev/root ${ofSuper},errors=continue`;

const ROOT = mount('/', 'rw');

for (const [what, path, lines, readOnly] of [
  ['the root alone', '/etc/key', [ROOT], false],
  ['a root that nobody can write to', '/etc/key', [mount('/', 'ro')], true],
  ['a mount of its own below', '/etc/secret/key', [ROOT, mount('/etc/secret', 'ro')], true],
  ['the mount itself', '/etc/secret', [ROOT, mount('/etc/secret', 'ro')], true],
  ['a neighbour whose name goes on', '/etc/secrets/key', [ROOT, mount('/etc/secret', 'ro')], false],
  [
    'one below it that can be written',
    '/etc/secret/w/key',
    [ROOT, mount('/etc/secret', 'ro'), mount('/etc/secret/w', 'rw')],
    false,
  ],
  [
    'the longest one, wherever it stands',
    '/etc/secret/w/key',
    [mount('/etc/secret/w', 'rw'), mount('/etc/secret', 'ro'), ROOT],
    false,
  ],
  [
    'two at one place: the later is on top',
    '/etc/secret/key',
    [mount('/etc/secret', 'ro'), mount('/etc/secret', 'rw')],
    false,
  ],
  ['a filesystem that as such cannot be written', '/etc/secret/key', [ROOT, mount('/etc/secret', 'rw', 'ro')], true],
  ['a place with a space in its name', '/my secret/key', [ROOT, mount('/my\\040secret', 'ro')], true],
  ['an option that only begins like it', '/etc/secret/key', [ROOT, mount('/etc/secret', 'rootcontext=x')], false],
  ['nothing that is known', '/etc/key', ['', 'garbage', '1 2 3'], false],
] as const) {
  test(`whether a file can be written by anybody at all, by the mounts: ${what}`, (t) => {
    t.is(isReadOnly(path, lines.join('\n')), readOnly);
  });
}

test('a real file is judged by where a link leads to, and one that is gone by nothing', (t) => {
  if (!onLinux(t, '/proc/self/mountinfo')) return;
  const dir = privateDir(t);
  writeFileSync(join(dir, 'key'), '');
  symlinkSync(join(dir, 'key'), join(dir, 'link'));
  t.false(isOnReadOnlyMount(join(dir, 'link')));
  t.false(isOnReadOnlyMount(join(dir, 'gone')));
});

test('a directory of another user is not trusted, whatever its mode, and the user is named', (t) => {
  if (!isRoot(t)) return;
  const dir = privateDir(t);
  process.getBuiltinModule('node:fs').chownSync(dir, 12_345, 12_345);
  for (const judge of [distrustOf, distrustOfPath, distrustOfPrivate]) {
    const { why = '', fix = '' } = judge(dir) ?? {};
    t.true(why.includes('12345'), why);
    t.not(fix, '');
  }
});

test('without HOME the home is that of the account, and state without any home stands in the private temporary folder', (t) => {
  const os = process.getBuiltinModule('node:os');
  const { homedir } = os;
  t.teardown(() => Object.assign(os, { homedir }));
  t.is(homeDir({ HOME: '' }), homedir());
  t.is(homeDir({ HOME: '/h' }), '/h');
  t.true(stateDir({ HOME: '' }).startsWith(homedir()));
  t.is(stateDir({ HOME: '/h', XDG_STATE_HOME: '' }), '/h/.local/state');
});
