import test from 'ava';
import { readPlainStart } from '../../src/cli/plain-start.js';

test('a plain start is read: flags with and without =, aliases, lists, what is switched off, arguments of the app', (t) => {
  const args = ['start', 'app.js', '-w', '4', '--name=shop', '--hooks', 'a.mjs', '--hooks', 'b.mjs', '--no-telemetry'];
  t.deepEqual(readPlainStart([...args, '--', '--port', '80', 'start']), {
    script: 'app.js',
    workers: '4',
    name: 'shop',
    hooks: ['a.mjs', 'b.mjs'],
    telemetry: false,
    '--': ['--port', '80', 'start'],
  });
  t.deepEqual(readPlainStart(['start', '--telemetry', 'app.js', '-w', '2', '-w', '3']), {
    script: 'app.js',
    workers: '3',
    telemetry: true,
  });
  t.deepEqual(readPlainStart(['start', 'app.js', '--node-args=--import tsx']), {
    script: 'app.js',
    'node-args': '--import tsx',
  });
});

for (const args of [
  ['dev', 'app.js'],
  ['start'],
  ['start', 'app.js', '--help'],
  ['start', 'app.js', '--version'],
  ['start', 'app.js', '-w'],
  ['start', 'app.js', '-w4'],
  ['start', 'app.js', '--workers='],
  ['start', 'app.js', '--workers', '--name', 'x'],
  ['start', 'app.js', '--drain-timeot', '5s'],
  ['start', 'app.js', '--no-workers'],
  ['start', 'app.js', '--no-telemetry=true'],
  ['start', 'app.js', '8080'],
  ['start', 'ecosystem.config.js', '--only', 'api'],
]) {
  test(`left to yargs: ${args.join(' ')}`, (t) => {
    t.is(readPlainStart(args), undefined);
  });
}
