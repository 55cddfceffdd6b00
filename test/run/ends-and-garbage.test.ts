import cluster from 'node:cluster';
import { EventEmitter } from 'node:events';
import test, { type ExecutionContext } from 'ava';
import { endProcess } from '../../src/run/end-process.js';
import { collectGarbage } from '../../src/run/garbage-collection.js';
import { trapSignals } from '../../src/run/signals.js';
import { notifyStarter, STARTER } from '../../src/run/starter.js';
import { openStdStream } from '../../src/run/std-stream.js';
import { watchTerminal } from '../../src/run/terminal.js';
import { watchOrphans } from '../../src/run/unreaped-children.js';
import { keptLog } from '../supervisor/kept-log.js';
import { scripted } from '../supervisor/scripted-ports.js';

// One after the other: what is looked at is the process's.

/** Settles with the code of the first exit, which does not happen. */
function heldExit(t: ExecutionContext): Promise<unknown> {
  const { exit, exitCode } = process;
  t.teardown(() => Object.assign(process, { exit, exitCode }));
  return new Promise((resolve) => {
    Object.assign(process, { exit: resolve });
  });
}

/** A stream of ours whose reader takes what it has when it is told to. */
function slowStream(t: ExecutionContext, name: 'stdout' | 'stderr') {
  const before = Object.getOwnPropertyDescriptor(process, name) ?? {};
  const waiting: (() => void)[] = [];
  const stream = Object.assign(new EventEmitter(), {
    destroyed: false,
    writableLength: 0,
    written: '',
    write: (chunk: string | Buffer, done?: () => void) => {
      stream.written += String(chunk);
      if (done) waiting.push(done);
      return true;
    },
  });
  Object.defineProperty(process, name, { value: stream, configurable: true });
  t.teardown(() => Object.defineProperty(process, name, before));
  const read = () => {
    for (const done of waiting.splice(0)) done();
  };
  return { stream, read };
}

test.serial('the process ends when both streams are read, with its code, and not before', async (t) => {
  const ended = heldExit(t);
  const [out, err] = [slowStream(t, 'stdout'), slowStream(t, 'stderr')];
  out.stream.writableLength = 10;
  let code: unknown = 'none yet';
  void ended.then((value) => {
    code = value;
  });
  void endProcess(70);
  await new Promise(setImmediate);
  out.read();
  await new Promise(setImmediate);
  t.is(code, 'none yet');
  err.read();
  t.is(await ended, 70);
  t.is(process.exitCode, 70);
});

test.serial('a stream that is destroyed is not waited for', async (t) => {
  const ended = heldExit(t);
  const [out, err] = [slowStream(t, 'stdout'), slowStream(t, 'stderr')];
  out.stream.destroyed = true;
  err.stream.destroyed = true;
  void endProcess(0);
  t.is(await ended, 0);
});

test.serial('the error of a stream whose terminal has closed is for nobody, and the process ends', async (t) => {
  const ended = heldExit(t);
  const [out, err] = [slowStream(t, 'stdout'), slowStream(t, 'stderr')];
  out.stream.write = (_chunk, done) => {
    done?.();
    out.stream.emit('error', Object.assign(new Error('EIO: i/o error, write'), { code: 'EIO' }));
    return true;
  };
  err.stream.destroyed = true;
  void endProcess(3);
  t.is(await ended, 3);
});

test.serial('what a pipe cannot take is dropped, counted, and said where it is missing', (t) => {
  const { stream } = slowStream(t, 'stdout');
  const std = openStdStream(1, { gap: (lines) => `${lines} are missing\n`, timer: () => () => undefined });
  std.write('one\n');
  stream.writableLength = 1_048_576;
  std.write('two\nthree\n');
  std.write(Buffer.from('four\n'));
  t.deepEqual(std.dropped(), { lines: 3, bytes: 15 });
  stream.writableLength = 0;
  std.write('five\n');
  t.is(stream.written, 'one\n', 'the gap comes first');
  stream.emit('drain');
  std.write('six\n');
  t.is(stream.written, 'one\n4 are missing\nsix\n');
  t.notThrows(() => stream.emit('error', new Error('EPIPE')), 'and a reader that goes ends nothing');
});

test.serial(
  'garbage is collected once for many reloads that follow each other, and a stop of it leaves no listener',
  async (t) => {
    const { supervisor } = scripted();
    const before = cluster.listenerCount('message');
    const end = collectGarbage(supervisor);
    t.is(cluster.listenerCount('message'), before + 1);
    const garbage: object[] = [];
    let collected = 0;
    const registry = new FinalizationRegistry(() => collected++);
    for (let i = 0; i < 100; i++) registry.register({ garbage }, i);
    for (let i = 0; i < 3; i++) supervisor.emit('notification', { type: 'reload-done', generation: 2, ms: 1 });
    while (collected === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    t.is(Reflect.get(globalThis, 'gc'), undefined, 'and nobody else has the call for it');
    end();
    t.is(cluster.listenerCount('message'), before);
  },
);

test.serial('a hangup that somebody sends is one, as often as it comes', (t) => {
  const judge = watchTerminal();
  t.is(judge(), 'sent');
  t.is(judge(), 'sent');
});

test.serial('each signal of the primary is one order to the supervisor, and none behind the end', (t) => {
  const { supervisor, ports } = scripted({ workers: 2 });
  supervisor.start();
  for (const worker of ports.workers) worker.ready();
  const { log } = keptLog();
  const done: string[] = [];
  const end = trapSignals(supervisor, log, { reload: () => done.push('reload'), reopen: () => done.push('reopen') });
  process.emit('SIGUSR2');
  process.emit('SIGHUP');
  t.deepEqual(done, ['reopen', 'reload']);
  process.emit('SIGTTIN');
  t.is(supervisor.status().target, 3);
  process.emit('SIGQUIT');
  t.is(supervisor.status().phase, 'stopping');
  end();
  process.emit('SIGUSR2');
  t.is(done.length, 2);
});

test.serial('whoever waits for a start hears text, once it was asked for, and the app inherits none of it', (t) => {
  const { send, connected } = process;
  t.teardown(() => Object.assign(process, { send, connected }));
  const sent: unknown[] = [];
  Object.assign(process, { send: (message: unknown) => sent.push(message), connected: true });
  Object.assign(process.env, STARTER);
  notifyStarter('the disk is full');
  notifyStarter('');
  t.deepEqual(sent, [{ 'kf-cluster-start': 'the disk is full' }]);
  t.deepEqual(
    Object.keys(STARTER).filter((name) => name in process.env),
    [],
  );
  Object.assign(process, { connected: false });
  notifyStarter('later');
  t.is(sent.length, 1);
});

test.serial('only as PID 1 the orphans of others are looked at: said at the start, and as they become more', (t) => {
  const { supervisor, ports } = scripted();
  const { log, lines } = keptLog();
  watchOrphans(supervisor, log);
  t.is(lines().length, 0);
  const { pid } = process;
  t.teardown(() => Object.defineProperty(process, 'pid', { value: pid }));
  Object.defineProperty(process, 'pid', { value: 1, configurable: true, writable: true });
  watchOrphans(supervisor, log);
  t.is(lines().length, 1);
  t.not(lines()[0]?.fix, undefined);
  supervisor.start();
  t.notThrows(() => ports.worker(1).ready());
});
