import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { codeOf } from '../../src/contract/system-error.js';
import { readinessOf, readinessOfProcess } from '../../src/platforms/pm2/ecosystem/readiness.js';
import { asUser, isForeign } from '../../src/platforms/pm2/launcher/as-user.js';
import { openOwn, removeOwn } from '../../src/platforms/pm2/launcher/own-file.js';
import { privateDir } from '../helpers/cluster.js';
import { isRoot, nobody } from '../helpers/root.js';

const WEB = { uid: nobody.id, gid: nobody.group };
const rights = () => [process.geteuid?.(), process.getegid?.(), ...(process.getgroups?.() ?? [])];

test.serial('root acts with the rights of another user, and has its own again, whatever happens', (t) => {
  if (!isRoot(t)) return;
  const before = rights();
  t.deepEqual(asUser(WEB.uid, WEB.gid, rights), [WEB.uid, WEB.gid, WEB.gid], 'no group of root is left');
  t.deepEqual(rights(), before);
  t.throws(
    () =>
      asUser(WEB.uid, WEB.gid, () => {
        throw new Error('full');
      }),
    { message: 'full' },
  );
  t.deepEqual(rights(), before);
});

test('an app is somebody else only to root, and never where it is root itself', (t) => {
  const isRootHere = process.geteuid?.() === 0;
  t.is(isForeign(WEB), isRootHere);
  t.false(isForeign({ uid: 0 }));
  t.false(isForeign({}));
});

test.serial('a file below a directory that the user may write is opened as that user, and belongs to it', (t) => {
  if (!isRoot(t)) return;
  const dir = privateDir(t);
  asRootGive(dir);
  const fd = openOwn(join(dir, 'logs/out.log'), 'append', WEB);
  writeSync(fd, 'a\n');
  t.is(statSync(join(dir, 'logs/out.log')).uid, WEB.uid);
  t.is(statSync(join(dir, 'logs')).uid, WEB.uid, 'the directory that was made too');
  writeSync(openOwn(join(dir, 'logs/out.log'), 'append', WEB), 'b\n');
  t.is(readFileSync(join(dir, 'logs/out.log'), 'utf8'), 'a\nb\n');
  openOwn(join(dir, 'logs/out.log'), 'replace', WEB);
  t.is(readFileSync(join(dir, 'logs/out.log'), 'utf8'), '');
});

/** The directory is that user's own. */
function asRootGive(dir: string): void {
  process.getBuiltinModule('node:fs').chownSync(dir, WEB.uid, WEB.gid);
  process.getBuiltinModule('node:fs').chmodSync(dir, 0o755);
}

test.serial('a symlink in the place of a file leads root nowhere, and what it points to stays as it is', (t) => {
  if (!isRoot(t)) return;
  const [dir, roots] = [privateDir(t), privateDir(t)];
  writeFileSync(join(roots, 'shadow'), 'secret\n', { mode: 0o600 });
  symlinkSync(join(roots, 'shadow'), join(dir, 'out.log'));
  asRootGive(dir);
  for (const mode of ['append', 'replace'] as const)
    t.regex(String(codeOf(t.throws(() => openOwn(join(dir, 'out.log'), mode, WEB)))), /^(ELOOP|EACCES)$/);
  t.is(readFileSync(join(roots, 'shadow'), 'utf8'), 'secret\n');
  removeOwn(join(dir, 'out.log'), WEB);
  t.true(existsSync(join(roots, 'shadow')), 'the link alone is gone');
});

test('what is a directory or a FIFO in the place of a file is no file, and nobody waits for it', (t) => {
  const dir = privateDir(t);
  mkdirSync(join(dir, 'd'));
  t.throws(() => openOwn(join(dir, 'd'), 'append', {}));
  t.notThrows(() => openOwn('/dev/null', 'append', {}));
  t.notThrows(() => removeOwn(join(dir, 'none'), {}), 'one that is not there is removed already');
});

for (const [app, env, ready] of [
  [{}, {}, 'settled'],
  [{}, { PORT: '80' }, undefined],
  [{ autorestart: false }, { PORT: '80' }, 'settled'],
  [{ wait_ready: true }, {}, undefined],
  [{ instances: 2 }, {}, undefined],
  [{ instances: 2, exec_mode: 'fork_mode' }, {}, 'settled'],
  [{ exec_mode: 'cluster' }, {}, undefined],
  [{ restart_delay: 10_000 }, { PORT: '80' }, 'started'],
  [{ restart_delay: 9_999 }, {}, 'settled'],
  [{ autorestart: false, cron_restart: '0 4 * * *' }, {}, 'started'],
  [{ autorestart: false, cron_restart: 0 }, {}, 'settled'],
  [{ autorestart: false, watch: ['src'] }, {}, 'started'],
  [{ cron_restart: '0 4 * * *' }, {}, 'settled'],
] as const) {
  test(`when an app of pm2 is ready: ${JSON.stringify(app)} with ${JSON.stringify(env)} is ${ready ?? 'by the default'}`, (t) => {
    t.is(readinessOf({ app, env }), ready);
  });
}

test('of a program that is no Node nobody sees whether it listens', (t) => {
  t.is(readinessOfProcess({ app: { instances: 2 } }), 'settled');
  t.is(readinessOfProcess({ app: { autorestart: false, watch: true } }), 'started');
});
