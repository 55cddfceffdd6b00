import test from 'ava';
import { commandsOfHelp } from '../../src/cli/commands.js';
import { errorIn, run, setEnv } from './run-here.js';
import { running, runtimeDir } from './running-here.js';

runtimeDir();

// Each row is another mistake; what runs must not be touched by any of them.
for (const [args, code, fix] of [
  [['status', '--drain-timeout', '5s'], 'UNKNOWN_FLAG', /status --help/],
  [['reload', '--dryrun'], 'UNKNOWN_FLAG', /./],
  [['stop', '--froce'], 'UNKNOWN_FLAG', /./],
  [['start', 'app.js', '--bind', ':80'], 'UNKNOWN_FLAG', /GUNICORN/],
  [['start', 'app.js', '8080'], 'UNKNOWN_FLAG', /start app\.js -- 8080/],
  [['start', 'app.js', '--wrokers', '2'], 'UNKNOWN_FLAG', /--workers/],
  [['start', 'app.js', '-z'], 'UNKNOWN_FLAG', /start --help/],
  [['start', 'app.js', '--name'], 'BAD_FLAG', /start --help/],
  [['start', 'app.js', '--telemetry=maybe'], 'BAD_FLAG', /--no-telemetry/],
  [['start', 'app.js', '--daemon=maybe'], 'BAD_FLAG', /--no-daemon/],
  [['start'], 'SCRIPT_MISSING', /kf-cluster start app\.js/],
  [['dev', '-w', '2'], 'SCRIPT_MISSING', /kf-cluster dev app\.js/],
  [['instrument'], 'SCRIPT_MISSING', /kf-cluster instrument app\.js/],
  [['init', 'docker'], 'SCRIPT_MISSING', /kf-cluster init docker app\.js/],
  [['start', 'app.js', '--port', '8080'], 'UNKNOWN_FLAG', /PORT=8080 kf-cluster start app\.js.* -- --port/],
  [['start', 'app.js', '-H', '::'], 'UNKNOWN_FLAG', /HOST=/],
  [['start', 'app.js', '-p', '8080'], 'BAD_FLAG', /^PORT=8080 kf-cluster start app\.js$/],
  [['start', 'app.js', '--pid=80'], 'BAD_FLAG', /^PORT=80 /],
  [['dev', 'app.js', '--inspect'], 'UNKNOWN_FLAG', /kf-cluster dev app\.js --node-args="--inspect/],
  [['start', 'app.js', '--max-old-space-size=100'], 'UNKNOWN_FLAG', /--node-args="--max-old-space-size/],
  [['start', 'app.js', '--verbosity', '1'], 'UNKNOWN_FLAG', /kf-cluster start app\.js -- --verbosity/],
  [['start', 'app.js', '--timeout', '30'], 'UNKNOWN_FLAG', /Use --hang-timeout/],
  [['start', 'app.js', '-k', 'gthread'], 'UNKNOWN_FLAG', /Leave it out/],
  [['start', 'node', 'app.js'], 'UNKNOWN_FLAG', /^kf-cluster start app\.js$/],
  [['start', 'npm', 'start'], 'UNKNOWN_FLAG', /^kf-cluster start npm -- start$/],
  [['start', 'web.js', 'b.js'], 'UNKNOWN_FLAG', /^kf-cluster start web\.js -- b\.js$/],
  [['app.js'], 'UNKNOWN_FLAG', /^kf-cluster start app\.js$/],
  [['./dist/app.mjs'], 'UNKNOWN_FLAG', /^kf-cluster start \.\/dist\/app\.mjs$/],
  [['-w', '2', 'app.js'], 'UNKNOWN_FLAG', /^kf-cluster start -w 2 app\.js$/],
  [['list', 'a', 'b'], 'UNKNOWN_FLAG', /list --help/],
  [['describe'], 'BAD_FLAG', /describe 0/],
  [['signal'], 'BAD_FLAG', /signal USR2/],
  [['signal', 'NOSUCH'], 'BAD_FLAG', /kill -l/],
  [['signal', 'HUP', '--worker', '-1'], 'BAD_FLAG', /status shows the slots/],
  [['scale', '1.5'], 'BAD_FLAG', /scale --help/],
  [['scale', '--', '-'], 'BAD_FLAG', /./],
  [['logs', '--lines', '-5'], 'BAD_FLAG', /logs --help/],
  [['logs', '--since', '5'], 'BAD_FLAG', /logs --help/],
  [['logs', '--worker', '1.5'], 'BAD_FLAG', /./],
  [['restart', '1', '--json=maybe'], 'BAD_FLAG', /--no-json/],
  [['status', 'shop', '--name', 'shop'], 'BAD_FLAG', /Say once/],
  [['status', 'shop', '--pidfile', '/p'], 'BAD_FLAG', /Say once/],
  [['completion', 'csh'], 'BAD_FLAG', /completion bash/],
  [['doctor', 'app.js', 'b.js'], 'UNKNOWN_FLAG', /doctor app\.js -- b\.js/],
  [['bootstrap', 'x'], 'UNKNOWN_FLAG', /bootstrap --help/],
  [['mcp', '--port', '1'], 'UNKNOWN_FLAG', /./],
  [['staus'], 'UNKNOWN_FLAG', /kf-cluster status/],
  [['sotp'], 'UNKNOWN_FLAG', /kf-cluster --help/],
  [['relaod'], 'UNKNOWN_FLAG', /kf-cluster --help/],
  [['xyzzy'], 'UNKNOWN_FLAG', /kf-cluster --help/],
  [['--workers', '2'], 'BAD_FLAG', /kf-cluster --help/],
] as const) {
  test.serial(`wrong: kf-cluster ${args.join(' ')}`, async (t) => {
    const { supervisor, ports } = await running(t, 'shop');
    const forks = ports.workers.length;
    const { code: exit, out, err } = await run(...args);
    t.deepEqual([exit, out, errorIn(err).code], [2, '', code], err);
    t.regex(errorIn(err).fix, fix);
    t.notRegex(errorIn(err).fix, /Did you mean kf-cluster (stop|reload|restart|scale|signal)/);
    t.like(supervisor.status(), { phase: 'running', target: 2, generation: 1 });
    t.is(ports.workers.length, forks);
  });
}

test.serial('the help of each command names it, its flags in groups, and exits 0 without doing anything', async (t) => {
  const { supervisor } = await running(t, 'shop');
  for (const { usage } of commandsOfHelp()) {
    const [name = ''] = usage.split(' ');
    const { code, out, err } = await run(name, '--help');
    t.deepEqual([code, err], [0, ''], name);
    t.true(out.startsWith(`kf-cluster ${name}`), out.split('\n')[0]);
    t.regex(out, /--help/, name);
  }
  t.is(supervisor.status().phase, 'running');
});

test.serial('-h is help, and behind -- it is the argument of the app', async (t) => {
  t.regex((await run('status', '-h')).out, /^kf-cluster status/);
  t.is((await run('start', 'gone.js', '--', '-h')).code, 2, 'the script is not there: it was no help');
});

test.serial('--version is the version, wherever it stands in front of --', async (t) => {
  for (const args of [['--version'], ['start', '--version'], ['status', '--version']]) {
    const { code, out } = await run(...args);
    t.is(code, 0);
    t.regex(out, /^\d+\.\d+\.\d+\S*\n$/, args.join(' '));
  }
});

test.serial('a name of the environment is one of them; one in the command line wins', async (t) => {
  await Promise.all([running(t, 'a'), running(t, 'b')]);
  setEnv(t, { KF_CLUSTER_NAME: 'a' });
  t.is((await run('scale', '3')).out, 'from 2 to 3 workers\n');
  t.is((await run('scale', '3', 'b')).out, 'from 2 to 3 workers\n');
  t.is((await run('scale', '3', '-n', 'a')).out, 'there are 3 workers already\n');
  setEnv(t, { KF_CLUSTER_NAME: 'gone' });
  const { code, err } = await run('status');
  t.deepEqual([code, errorIn(err).code], [4, 'UNKNOWN_NAME']);
});

test.serial('of several a command that needs one names them all, and changes none', async (t) => {
  const all = await Promise.all(['a', 'b'].map((name) => running(t, name)));
  for (const args of [['status'], ['scale', '3'], ['signal', 'HUP'], ['describe', '0'], ['reload'], ['stop']]) {
    const { code, err } = await run(...args);
    t.deepEqual([code, errorIn(err).code], [2, 'WHICH_ONE'], args[0]);
    t.regex(errorIn(err).why, /a, b/);
  }
  for (const { supervisor } of all) t.like(supervisor.status(), { phase: 'running', target: 2, generation: 1 });
});

test.serial('several names: each is done, one that does not run fails before any of them is touched', async (t) => {
  const { supervisor } = await running(t, 'a');
  const { code, err } = await run('stop', 'a', 'gone');
  t.deepEqual([code, errorIn(err).code], [4, 'UNKNOWN_NAME']);
  t.is(supervisor.status().phase, 'running');
});

test.serial('scale beyond what there may be is refused by who runs, with its reason', async (t) => {
  const { supervisor } = await running(t, 'shop');
  for (const to of ['0', '-2', '1025', '+1023']) {
    const { code, err } = await run('scale', to);
    t.deepEqual([code, errorIn(err).code], [2, 'BAD_REQUEST'], to);
    t.regex(errorIn(err).why, /1 to 1024/);
  }
  t.is(supervisor.status().target, 2);
});

test.serial('while a reload is under way another one is busy, and a stop is not', async (t) => {
  const { supervisor, close } = await running(t, 'shop');
  supervisor.reload({ ...(await hostedConfig()), workers: 2, name: 'shop' });
  for (const args of [['reload'], ['scale', '3'], ['restart', '0']]) {
    const { code, err } = await run(...args);
    t.deepEqual([code, errorIn(err).code], [75, 'BUSY'], args[0]);
  }
  supervisor.once('exit', () => setImmediate(close));
  t.is((await run('stop', '--force')).code, 0);
});

async function hostedConfig() {
  return (await import('../supervisor/scripted-ports.js')).CONFIG;
}
