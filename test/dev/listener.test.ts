import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import test from 'ava';
import { listen } from '../../src/dev/listener.js';

const listener = new URL('../../src/dev/listener.js', import.meta.url).href;

test('a connection that is closing when the listener goes does not keep the process', async (t) => {
  const program = `import { connect } from 'node:net';
    import { listen } from ${JSON.stringify(listener)};
    const one = await listen('127.0.0.1', 0, (socket) => { socket.end(); one.pause(); });
    connect(one.port, '127.0.0.1').on('error', () => process.exit(3)).resume();
    process.on('exit', () => console.log('ended'));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program]);
  t.is(stdout, 'ended\n');
});

test('reset touches one connection and leaves the others', async (t) => {
  const one = await listen('127.0.0.1', 0, (socket) => socket.on('data', (chunk) => socket.write(chunk)));
  t.teardown(one.pause);
  const [first, second] = [connect(one.port, '127.0.0.1'), connect(one.port, '127.0.0.1')];
  await Promise.all([once(first.setEncoding('utf8'), 'connect'), once(second.setEncoding('utf8'), 'connect')]);
  const broken = once(first, 'data').then(() => {
    one.reset(`${first.localAddress}:${first.localPort}`);
    return t.throwsAsync(once(first, 'close'), { code: 'ECONNRESET' });
  });
  first.write('a');
  await broken;
  second.write('b');
  t.deepEqual(await once(second, 'data'), ['b']);
  second.destroy();
});
