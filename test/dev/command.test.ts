import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import test from 'ava';
import type { Config } from '../../src/config/types.js';
import { NO_SPANS } from '../../src/contract/item-account.js';
import { createLog } from '../../src/contract/log.js';
import { devWith } from '../../src/dev/dev.js';
import type { run } from '../../src/run/run.js';
import { kf } from '../helpers/cli.js';
import { fixture } from '../helpers/cluster.js';
import { visible } from '../helpers/colors.js';
import { eventsIn } from '../helpers/log-lines.js';
import { holdOtlpPorts } from '../helpers/otlp-ports.js';
import { freePort } from '../helpers/raw.js';

test.before(() => holdOtlpPorts());

const execute = promisify(execFile);
const sender = fileURLToPath(new URL('../../../test/fixtures/dev-sender.mjs', import.meta.url));
const command = new URL('../../src/dev/dev.js', import.meta.url).href;

/** Only what `dev` itself reads; the supervisor is not the subject here. */
const config = { telemetry: true, env: { OTEL_TRACES_EXPORTER: 'console' } } as unknown as Config;

/** A supervisor whose two workers are real processes with a real exporter; `ended` is what they claim. */
function supervisor(ended: number, code: number, ...args: string[]): typeof run {
  return async ({ env }, observer) => {
    for (const slot of [0, 1]) {
      const worker = execute(process.execPath, [sender, String(slot), ...args], { env: { ...process.env, ...env } });
      await worker;
      const pid = worker.child.pid ?? 0;
      const spans = { ...NO_SPANS, ended, exported: ended };
      observer?.onFlushed?.({
        type: 'flushed',
        ms: 1,
        id: slot,
        slot,
        pid,
        instanceId: `id-${slot}`,
        spans,
        requests: 2,
      });
    }
    // The stop has met it in its boot: it has no account, and nothing to account for.
    observer?.onFlushed?.({ type: 'flushed', ms: 1, id: 9, slot: 1, pid: 99, requests: 0 });
    return code;
  };
}

async function runDev(
  supervise: typeof run,
  color = false,
  options: Parameters<typeof devWith>[4] = {},
  logged: string[] = [],
) {
  const stdout = new PassThrough();
  const printed = text(stdout);
  const log = createLog({ format: 'json', level: 'debug', sink: (line) => logged.push(line), label: 'kf-cluster' });
  try {
    return {
      code: await devWith(supervise, config, log, { stdout, color }, options),
      logged: logged.join(''),
      printed,
    };
  } finally {
    stdout.end();
  }
}

test.serial('traces are printed, the summary comes last and nothing is lost', async (t) => {
  const { code, logged, printed } = await runDev(supervisor(3, 0));
  t.is(code, 0);
  const lines = (await printed).trimEnd().split('\n');
  t.is(lines.filter((line) => / trace /.test(line)).length, 4);
  t.false(lines.some((line) => line.startsWith('lint ')));
  t.regex(lines.at(-3) ?? '', /^worker 0 \(pid \d+\) +2 +3 +3 +0$/);
  t.regex(lines.at(-1) ?? '', /^total +4 +6 +6 +0$/);
  const [listening] = eventsIn(logged, 'receiver-listening');
  for (const where of ['grpc', 'http']) t.regex(String(listening?.[where]), /^http:\/\/127\.0\.0\.1:\d+$/);
  t.regex(logged, /OTEL_TRACES_EXPORTER is overridden/);
});

test.serial('lints come before the summary, a loss is red and the code of the supervisor is kept', async (t) => {
  const { code, printed } = await runDev(supervisor(4, 70, 'no-route'), true);
  t.is(code, 70);
  const shown = visible(await printed);
  t.regex(shown, /total +4 +8 +6 {2}<red> +2<\/>\n$/);
  t.regex(
    shown,
    /\nlint \S+ server-without-route: 4 SERVER spans of .* without http\.route: .*; fix: Instrument the router[\s\S]*spans ended/,
  );
});

test.serial('a supervisor that throws leaves no receiver behind', async (t) => {
  let receiver = 0;
  const failing: typeof run = async () => {
    receiver = await ownReceiver();
    throw new Error('first generation failed');
  };
  await t.throwsAsync(runDev(failing), { message: 'first generation failed' });
  t.throws(() => process.kill(receiver, 0), { code: 'ESRCH' });
});

test.serial('a receiver that was killed is said, and is a failure', async (t) => {
  const killing: typeof run = async () => {
    process.kill(await ownReceiver(), 'SIGKILL');
    return 0;
  };
  const { code, logged } = await runDev(killing);
  t.is(code, 1);
  t.like(eventsIn(logged, 'receiver-ended'), [{ level: 'error' }]);
});

test.serial('workers are forked before the receiver has started, and what they send waits for it', async (t) => {
  const logged: string[] = [];
  let before = '';
  const early: typeof run = async (started, observer) => {
    const receiver = await ownReceiver();
    process.kill(receiver, 'SIGSTOP');
    before = logged.join('');
    const { hostname, port } = new URL(String(started.env.OTEL_EXPORTER_OTLP_ENDPOINT));
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    socket.destroy();
    const ended = supervisor(3, 0)(started, observer);
    process.kill(receiver, 'SIGCONT');
    return ended;
  };
  const { code, printed } = await runDev(early, false, {}, logged);
  t.is(code, 0);
  t.is(eventsIn(before, 'receiver-listening').length, 1);
  t.notRegex(before, /page: /);
  t.regex(logged.join(''), /page: /);
  t.regex(await printed, /total +4 +6 +6 +0\n$/);
});

test.serial('a receiver that cannot start is said with what to do, and the app runs on', async (t) => {
  const { code, logged } = await runDev(async () => 0, false, { pagePort: 70_000 });
  t.is(code, 1);
  t.regex(
    logged,
    /"level":"error".*the embedded receiver did not start, .*"why":"its process exited with 1".*"fix":"See its message/,
  );
});

test.serial('the primary loads neither gRPC nor protobuf', async (t) => {
  const probe = `import { createRequire } from 'node:module';
    await import(${JSON.stringify(command)});
    console.log(Object.keys(createRequire(import.meta.url).cache).join('\\n'));`;
  const { stdout } = await execute(process.execPath, ['--input-type=module', '-e', probe]);
  t.notRegex(stdout, /grpc|protobuf|opentelemetry/);
});

test.serial(
  'the address of the page is printed, on the port that was asked for; without a page nothing of it is',
  async (t) => {
    const port = await freePort();
    const { logged } = await runDev(async () => 0, false, { pagePort: port });
    t.regex(logged, new RegExp(`page: http://127\\.0\\.0\\.1:${port}/#[\\w-]{22}"`));
    const without = await runDev(async () => 0, false, { page: false });
    t.is(without.code, 0);
    t.is(eventsIn(without.logged, 'receiver-listening').length, 1);
    t.notRegex(without.logged, /page/);
  },
);

/** The one receiver process of this test file: its tests run one after the other. */
async function ownReceiver(): Promise<number> {
  const { stdout } = await execute('ps', ['--ppid', String(process.pid), '-o', 'pid=,args=']);
  const line = stdout.split('\n').find((candidate) => candidate.includes('dev/receiver-process.js'));
  if (line === undefined) throw new Error('no receiver process');
  return Number.parseInt(line, 10);
}

test.serial(
  '--record to a place where nothing can be written is refused before anything starts, and keeps what was recorded',
  async (t) => {
    const dir = mkdtempSync(join(tmpdir(), 'kf-record-'));
    t.teardown(() => rmSync(dir, { recursive: true }));
    const refused = await kf(['dev', fixture('apps/http.cjs'), '--record', 'none/session.jsonl'], dir);
    t.is(refused.code, 2);
    t.regex(refused.stderr, /error BAD_FLAG: --record .*session\.jsonl cannot be written\n {2}why: ENOENT/);
    writeFileSync(join(dir, 'session.jsonl'), 'of an earlier run');
    const failed = await kf(
      ['dev', fixture('apps/http.cjs'), '--record', 'session.jsonl', '--access-log', 'none/a.log'],
      dir,
    );
    t.is(failed.code, 78);
    t.is(readFileSync(join(dir, 'session.jsonl'), 'utf8'), 'of an earlier run');
  },
);
