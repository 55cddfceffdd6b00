import { EventEmitter, once } from 'node:events';
import { existsSync, lstatSync, readdirSync, unlinkSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { secondName } from '../../src/contract/socket-path.js';
import { createSocketPaths } from '../../src/supervisor/socket-paths.js';
import { privateDir } from '../helpers/cluster.js';
import { keptLog } from './kept-log.js';

/** A primary in a directory of its own; its node:cluster binds what it is asked for, as the real one does. */
function primary(t: ExecutionContext) {
  const { log, lines } = keptLog();
  const paths = createSocketPaths(log);
  const path = join(privateDir(t), 'app.sock');
  const bound: net.Server[] = [];
  t.teardown(() => bound.map((server) => server.close()));
  /** A worker that asks for the path; settles when node:cluster has been asked. */
  const worker = () => {
    const child = Object.assign(new EventEmitter(), { connected: true });
    paths.follow(child);
    return child;
  };
  const ask = (child: ReturnType<typeof worker>, change: object = {}) =>
    new Promise<void>((resolve) => {
      child.once('internalMessage', () => {
        // Only the first one binds it: the others share its handle.
        const server = net.createServer();
        if (existsSync(path)) return resolve();
        server.listen(path);
        bound.push(server);
        setImmediate(resolve);
      });
      const message = { cmd: 'NODE_CLUSTER', act: 'queryServer', addressType: -1, address: path, ...change };
      child.emit('internalMessage', message);
    });
  const second = () => secondName(path, process.pid);
  return { path, paths, worker, ask, lines, bound, second };
}

test('a socket that is bound has a second name, and is put back when somebody has removed it', async (t) => {
  const { path, worker, ask, lines, second } = primary(t);
  await ask(worker());
  t.true(lstatSync(path).isSocket());
  t.is(lstatSync(second()).ino, lstatSync(path).ino);
  const { ino } = lstatSync(path);
  unlinkSync(path);
  await ask(worker());
  t.is(lstatSync(path).ino, ino);
  t.is(lines().filter(({ level }) => level === 'warn').length, 1);
});

test('a path that is gone with the close of a stop is put back until the last of its workers has left', async (t) => {
  const { path, paths, worker, ask, second } = primary(t);
  const one = worker();
  await ask(one);
  unlinkSync(path); // as the close of its handle does
  paths.putBack(path);
  t.true(lstatSync(path).isSocket());
  one.connected = false;
  one.emit('exit');
  t.deepEqual([existsSync(path), existsSync(second())], [false, false]);
});

test('the second name goes with the last worker that holds the socket, when its channel is read to the end', async (t) => {
  const { worker, ask, second } = primary(t);
  const [one, two] = [worker(), worker()];
  await ask(one);
  await ask(two);
  one.connected = false;
  one.emit('exit');
  t.true(existsSync(second()));
  two.emit('exit');
  t.true(existsSync(second()), 'it may still ask');
  two.connected = false;
  two.emit('disconnect');
  t.false(existsSync(second()));
});

test('what a killed primary has left makes way, and its second names go', async (t) => {
  const { path, worker, ask, lines } = primary(t);
  const left = net.createServer().listen(path);
  await once(left, 'listening');
  // The file stays, and nobody listens: as after SIGKILL.
  const { rename } = process.getBuiltinModule('node:fs').promises;
  await rename(path, `${path}.kept`);
  left.close();
  await once(left, 'close');
  await rename(`${path}.kept`, path);
  writeFileSync(secondName(path, 2 ** 22 + 1), '');
  await ask(worker());
  t.true(lstatSync(path).isSocket());
  t.false(existsSync(secondName(path, 2 ** 22 + 1)));
  t.true(lines().some(({ level }) => level === 'info'));
});

test('a socket of somebody who listens, and a file, are left alone', async (t) => {
  const { path, worker, ask, second } = primary(t);
  const other = net.createServer().listen(path);
  t.teardown(() => other.close());
  await once(other, 'listening');
  const { ino } = lstatSync(path);
  await ask(worker());
  t.deepEqual([lstatSync(path).ino, existsSync(second())], [ino, false]);
  const file = primary(t);
  writeFileSync(file.path, 'mine');
  await file.ask(file.worker());
  t.true(lstatSync(file.path).isFile());
});

test('a worker that has gone meanwhile is not asked for', async (t) => {
  const { path, worker, ask } = primary(t);
  const child = worker();
  child.connected = false;
  void ask(child);
  await ask(worker());
  t.is(readdirSync(join(path, '..')).filter((name) => name === 'app.sock').length, 1);
});

test('what is no question for a path passes at once', (t) => {
  const { worker } = primary(t);
  for (const message of [
    { cmd: 'NODE_CLUSTER', act: 'queryServer', addressType: 4, address: '127.0.0.1' },
    { cmd: 'NODE_CLUSTER', act: 'listening', addressType: -1, address: '/x' },
    { cmd: 'NODE_CLUSTER', act: 'queryServer', addressType: -1, address: '' },
    { cmd: 'NODE_CLUSTER', act: 'queryServer', addressType: -1, address: '\0abstract' },
    { cmd: 'OTHER', act: 'queryServer', addressType: -1, address: '/x' },
  ]) {
    const child = worker();
    let passed = 0;
    child.on('internalMessage', () => passed++);
    child.emit('internalMessage', message);
    t.is(passed, 1, JSON.stringify(message));
  }
});

test('in a directory that can be written no more the socket still serves, and it is said what is lost', async (t) => {
  const { path, worker, ask, lines, bound } = primary(t);
  await ask(worker(), { address: join(path, '..', 'none', 'app.sock') });
  t.true(lines().some(({ level }) => level === 'warn'));
  t.is(bound.length, 1);
});
