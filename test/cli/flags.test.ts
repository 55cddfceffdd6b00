import test from 'ava';
import { normalizeArgv, withValues } from '../../src/cli/flags.js';
import { usageError } from '../../src/cli/usage-error.js';
import { KfError } from '../../src/contract/errors.js';

const one = (arg: string) => normalizeArgv(['start', 'app.js', arg])[2];

for (const value of ['on', 'yes', '1', 'true', 'TRUE']) {
  test(`a boolean flag is on with =${value}`, (t) => {
    t.is(one(`--telemetry=${value}`), '--telemetry');
    t.is(one(`--capture_logs=${value}`), '--capture-logs');
    t.is(one(`--no-telemetry=${value}`), '--no-telemetry');
    t.is(one(`--json=${value}`), '--json');
  });
}

for (const value of ['off', 'no', '0', 'false', 'False']) {
  test(`a boolean flag is off with =${value}`, (t) => {
    t.is(one(`--telemetry=${value}`), '--no-telemetry');
    t.is(one(`--no-telemetry=${value}`), '--telemetry');
    t.is(one(`--dry-run=${value}`), '--no-dry-run');
  });
}

for (const arg of ['--telemetry=maybe', '--telemetry=', '--no-telemetry=2', '--daemon=true ', '--force=x']) {
  test(`refused: ${arg}`, (t) => {
    const error = t.throws(() => one(arg), { instanceOf: KfError });
    t.is(error.code, 'BAD_FLAG');
    t.regex(error.why, /expected true, yes, on or 1, false, no, off or 0/);
    t.regex(error.fix, /^Write --[a-z-]+ or --no-/);
  });
}

test('a flag that may be auto keeps that, and takes no argument behind it', (t) => {
  t.is(one('--telemetry=auto'), '--telemetry=auto');
  t.throws(() => one('--daemon=auto'), { instanceOf: KfError });
  t.deepEqual(withValues(['start', '--telemetry', 'app.js', '--daemon', '--', '--telemetry']), [
    ...['start', '--telemetry=true', 'app.js', '--daemon', '--', '--telemetry'],
  ]);
});

test('other flags keep their value, and what stands after -- is left alone', (t) => {
  const args = ['start', 'app.js', '--service_name=a=b', '--other=on', '--', '--telemetry=maybe', '--service_name=x'];
  t.deepEqual(normalizeArgv(args), [...args.slice(0, 2), '--service-name=a=b', ...args.slice(3)]);
});

test('a flag of Gunicorn that begins with no- is answered by its row', (t) => {
  const error = usageError('Unknown argument: sendfile', ['start', 'app.js', '--no-sendfile']);
  t.is(error.message, '--no-sendfile is a setting of Gunicorn');
});

for (const [command, what, fix] of [
  ['describe', "a worker's slot", 'kf-cluster describe 0'],
  ['scale', 'a number of workers', 'kf-cluster scale 4'],
  ['signal', 'a signal', 'kf-cluster signal USR2'],
  ['init', 'to know what to make', 'kf-cluster init systemd'],
] as const) {
  test(`${command} without what it needs says what that is, and how it is given`, (t) => {
    const error = usageError('Not enough non-option arguments: got 0, need at least 1', [command]);
    t.is(error.code, 'BAD_FLAG');
    t.is(error.message, `${command} needs ${what}`);
    t.true(error.fix.startsWith(fix));
  });
}
