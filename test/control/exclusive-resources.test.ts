import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { acquireResources } from '../../src/control/exclusive-resources.js';
import { privateDir } from '../helpers/cluster.js';
import { keptLog } from '../supervisor/kept-log.js';
import { CONFIG } from '../supervisor/scripted-ports.js';

/** A port of this machine that somebody has. */
async function taken(t: ExecutionContext): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

test('what is taken is free again: the pidfile is gone, and the port is refused', async (t) => {
  const { log, lines } = keptLog();
  const pidfile = join(privateDir(t), 'a.pid');
  const config = { ...CONFIG, control: false, pidfile, adminPort: 0 };
  const held = await acquireResources(config, log);
  t.is(readFileSync(pidfile, 'utf8'), `${process.pid}\n`);
  const said = lines().find(({ event }) => event === 'health-port');
  t.like(said, { host: '127.0.0.1', level: 'info' });
  await held.leave();
  t.false(existsSync(pidfile));
  const refused = await new Promise<unknown>((resolve) => {
    connect(Number(said?.port), '127.0.0.1').once('error', resolve).once('connect', resolve);
  });
  t.like(refused, { code: 'ECONNREFUSED' });
});

test('a port that is taken is refused, and then nothing is held: no pidfile stays for the next start', async (t) => {
  const pidfile = join(privateDir(t), 'a.pid');
  const config = { ...CONFIG, control: false, pidfile, adminPort: await taken(t) };
  await t.throwsAsync(acquireResources(config, keptLog().log), { code: 'PORT_IN_USE' });
  t.false(existsSync(pidfile));
});

test('a pidfile of a process that runs is refused before a port is opened', async (t) => {
  const { log, lines } = keptLog();
  const pidfile = join(privateDir(t), 'a.pid');
  writeFileSync(pidfile, `${process.ppid}\n`);
  const config = { ...CONFIG, control: false, pidfile, adminPort: 0 };
  await t.throwsAsync(acquireResources(config, log), { code: 'PIDFILE_IN_USE' });
  t.deepEqual(lines(), []);
  t.is(readFileSync(pidfile, 'utf8'), `${process.ppid}\n`);
});

test('without any of them nothing is held, and to leave is nothing', async (t) => {
  const held = await acquireResources({ ...CONFIG, control: false }, keptLog().log);
  await held.leave();
  await held.leave();
  t.pass();
});
