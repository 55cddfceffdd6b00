import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { API } from '../../src/contract/control-protocol.js';
import { KfError } from '../../src/contract/errors.js';
import { call } from '../../src/control/client.js';
import { controlPlace, prepareDir, socketPath } from '../../src/control/control-dir.js';
import { acquireName } from '../../src/control/exclusive-name.js';
import { findSupervisor, listSupervisors } from '../../src/control/find-supervisor.js';
import { openControl } from '../../src/control/server.js';
import { until } from '../helpers/spool.js';
import { keptLog } from '../supervisor/kept-log.js';
import { hosted } from './hosted.js';

// One directory of sockets for this process: the tests follow each other.
const runtime = mkdtempSync(join(tmpdir(), 'kf-names-'));
process.env.XDG_RUNTIME_DIR = runtime;
const dir = join(runtime, 'kf-cluster');
test.after.always(() => rmSync(runtime, { recursive: true }));

const fails = (t: ExecutionContext, work: Promise<unknown>) => t.throwsAsync(work, { instanceOf: KfError });
/** Whoever listens, and is no supervisor. */
const somebody = () =>
  net.createServer((socket) =>
    socket
      .on('error', () => undefined)
      .resume()
      .end('x'),
  );
const closed = (server: net.Server) => new Promise((resolve) => server.close(resolve));

test.serial('the place of sockets is the runtime directory, and another one where that takes none', (t) => {
  t.like(controlPlace({ XDG_RUNTIME_DIR: runtime }), { dir, why: undefined });
  const long = join(runtime, 'x'.repeat(100));
  const other = controlPlace({ XDG_RUNTIME_DIR: long });
  t.regex(other.why ?? '', /too long/);
  t.not(other.dir, join(long, 'kf-cluster'));
  t.is(controlPlace({ XDG_RUNTIME_DIR: 'relative' }).why, undefined);
  const file = join(runtime, 'file');
  writeFileSync(file, '');
  t.regex(controlPlace({ XDG_RUNTIME_DIR: file }).why ?? '', /ENOTDIR/);
  rmSync(file);
});

for (const [what, name, plain] of [
  ['a plain name', 'shop', true],
  ['with a scope', '@acme+web', true],
  ['with a slash', 'a/b', false],
  ['that leads elsewhere', '..', false],
  ['hidden', '.hidden', false],
  ['empty', '', false],
  ['with a space', 'a b', false],
  ['in other letters', 'läden', false],
  ['that is too long', 'x'.repeat(200), false],
] as const) {
  test(`the socket of a name ${what} is a file of this directory alone, and short enough`, (t) => {
    const path = socketPath('/run/kf-cluster', name);
    t.regex(path, /^\/run\/kf-cluster\/[^/]+\.sock$/);
    t.is(path === `/run/kf-cluster/${name}.sock`, plain);
    t.true(Buffer.byteLength(path) <= 103);
    t.is(socketPath('/run/kf-cluster', name), path, 'the same each time');
  });
}

test.serial('a directory that others could have made is not used', (t) => {
  const open = join(runtime, 'open');
  mkdirSync(open, { mode: 0o777 });
  chmodSync(open, 0o777);
  t.truthy(prepareDir(open));
  const link = join(runtime, 'link');
  symlinkSync(open, link);
  t.truthy(prepareDir(link));
  const made = join(runtime, 'a', 'b');
  t.is(prepareDir(made), undefined);
  t.is(statSync(made).mode & 0o777, 0o700);
  writeFileSync(join(runtime, 'f'), '');
  t.truthy(prepareDir(join(runtime, 'f', 'x')));
});

test.serial('a name is had once: the second who wants it learns who has it, and disturbs nobody', async (t) => {
  const [first, second] = [somebody(), somebody()];
  const { path } = await acquireName('shop', first);
  t.is(path, join(dir, 'shop.sock'));
  t.is(statSync(path ?? '').mode & 0o777, 0o600);
  const error = await fails(t, acquireName('shop', second));
  t.is(error.code, 'NAME_IN_USE');
  t.regex(error.fix, /^It does not answer: .*ss -xlp/, 'no order of ours reaches it');
  t.true(first.listening);
  await closed(first);
});

test.serial('what a killed supervisor has left makes way; a file that is no socket does not', async (t) => {
  const left = somebody();
  const { path = '' } = await acquireName('shop', left);
  const { renameSync } = process.getBuiltinModule('node:fs');
  renameSync(path, `${path}.kept`);
  await closed(left);
  renameSync(`${path}.kept`, path);
  const next = somebody();
  t.is((await acquireName('shop', next)).path, path);
  await closed(next);
  writeFileSync(path, '');
  t.like(await acquireName('shop', somebody()), { path: undefined });
  t.true(existsSync(path));
  rmSync(path);
});

test.serial('nothing runs, one runs, several do: which one is meant', async (t) => {
  t.is((await fails(t, findSupervisor({}))).code, 'NOT_RUNNING');
  const { log } = keptLog();
  const [one, two] = [await openControl('one', log), await openControl('two', log)];
  const { host } = await hosted(t, { name: 'one' });
  one.serve(host);
  two.serve((await hosted(t, { name: 'two' })).host);
  const { fix } = (await fails(t, openControl('one', log))) ?? {};
  t.true(
    ['reload', 'stop'].every((verb) => fix?.includes(`kf-cluster ${verb} --name one`)),
    fix,
  );
  t.like(await findSupervisor({ name: 'one' }), { path: join(dir, 'one.sock'), identity: { name: 'one', api: API } });
  t.is((await fails(t, findSupervisor({}))).code, 'WHICH_ONE');
  const unknown = await fails(t, findSupervisor({ name: 'three' }));
  t.deepEqual([unknown.code, unknown.why], ['UNKNOWN_NAME', 'these run: one, two']);
  const pidfile = join(runtime, 'pid');
  writeFileSync(pidfile, `${process.pid}\n`);
  t.is((await findSupervisor({ pidfile })).identity.pid, process.pid);
  writeFileSync(pidfile, '1\n');
  t.is((await fails(t, findSupervisor({ pidfile }))).code, 'NOT_RUNNING');
  writeFileSync(pidfile, 'x');
  t.regex((await fails(t, findSupervisor({ pidfile }))).why, /no pid in/);
  await two.close();
  t.is((await findSupervisor({})).identity.name, 'one');
  await one.close();
  t.deepEqual(await listSupervisors(), []);
});

test.serial('one that accepts and does not answer is listed without a name, and cannot be called', async (t) => {
  const { log } = keptLog();
  const silent = somebody();
  await acquireName('silent', silent);
  t.deepEqual(await listSupervisors(), [{ path: join(dir, 'silent.sock'), identity: undefined }]);
  t.is((await fails(t, findSupervisor({ name: 'silent' }))).code, 'UNREACHABLE');
  const error = await fails(t, openControl('silent', log));
  t.regex(error.why, /somebody listens on/);
  await closed(silent);
});

test.serial('who asks before the supervisor is there waits, and whoever follows is let go at its end', async (t) => {
  const { log } = keptLog();
  const control = await openControl('shop', log);
  t.true(control.isOpen);
  const path = join(dir, 'shop.sock');
  const early = call<{ name: string }>(path, { path: '/v1' });
  const { host, ring } = await hosted(t, { name: 'shop' });
  control.serve(host);
  t.is((await early).name, 'shop');
  ring.own('a line');
  const lines: unknown[] = [];
  let followed: () => void = () => undefined;
  const begun = new Promise<void>((resolve) => {
    followed = resolve;
  });
  const following = call(path, {
    path: '/v1/logs?follow=true',
    onLine: (line) => {
      lines.push(line);
      followed();
    },
  });
  await begun;
  const stopped = call<{ stopped: boolean }>(path, { method: 'POST', path: '/v1/stop' });
  await once(host.supervisor, 'exit');
  await control.close();
  t.true((await stopped).stopped);
  await following;
  t.is(lines.length, 1);
  t.false(existsSync(path));
});

test.serial(
  'a socket that was removed with its directory is back with the next worker; one of another supervisor is left alone',
  async (t) => {
    const { log, lines } = keptLog();
    const control = await openControl('shop', log);
    const path = join(dir, 'shop.sock');
    const { host } = await hosted(t, { name: 'shop' });
    control.serve(host);
    const ready = () =>
      host.supervisor.emit('notification', { type: 'worker-ready', slot: 0, id: 1, generation: 1, ms: 1 });
    const told = (pattern: RegExp) => until(() => lines().some(({ msg }) => pattern.test(`${msg}`)));
    rmSync(dir, { recursive: true });
    ready();
    ready();
    await told(/is there again/);
    t.is((await call<{ name: string }>(path, { path: '/v1' })).name, 'shop');
    rmSync(path);
    const other = somebody();
    await acquireName('shop', other);
    ready();
    await told(/^the control socket was removed$/);
    t.true(existsSync(path));
    await closed(other);
    ready();
    await told(/is there again/);
    t.is((await call<{ name: string }>(path, { path: '/v1' })).name, 'shop');
    await control.close();
    t.false(existsSync(path));
  },
);

test.serial('without a place for a socket a supervisor runs without, and says what that means', async (t) => {
  const { log, lines } = keptLog();
  mkdirSync(dir, { recursive: true });
  chmodSync(dir, 0o755);
  const control = await openControl('shop', log);
  t.false(control.isOpen);
  t.like(lines()[0], { level: 'warn' });
  await control.close();
  t.deepEqual(await listSupervisors(), []);
  chmodSync(dir, 0o700);
});
