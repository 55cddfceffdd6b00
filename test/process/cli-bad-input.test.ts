import { spawnSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { kf } from '../helpers/cli.js';
import { BIN, NODE } from '../helpers/cluster.js';
import { tree } from '../helpers/tree.js';

interface Case {
  readonly args: readonly string[];
  readonly code: string;
  readonly exit: number;
  readonly says: RegExp;
  readonly env?: Record<string, string>;
}

const FILES = {
  'app.js': '',
  'app.tsx': '',
  'package.json': '{}',
  'empty/readme': '',
  'bad.config.mjs': 'export const workes = 2',
  'throws.mjs': 'throw new Error("boom")',
  'headers.txt': 'not a header: s3cr3t',
  '.env': 'OTEL_PROPAGATORS=w3c',
};

const CASES: readonly Case[] = [
  { args: [], code: 'BAD_FLAG', exit: 2, says: /no command given/ },
  { args: ['strat', 'app.js'], code: 'UNKNOWN_FLAG', exit: 2, says: /Did you mean kf-cluster start\?/ },
  { args: ['start'], code: 'SCRIPT_MISSING', exit: 2, says: /kf-cluster start app\.js/ },
  { args: ['start', 'gone.js'], code: 'SCRIPT_NOT_FOUND', exit: 2, says: /gone\.js/ },
  { args: ['start', 'empty'], code: 'SCRIPT_IS_DIRECTORY', exit: 2, says: /package\.json with "main"/ },
  {
    args: ['start', 'sh', '--', '-c', 'sleep 1'],
    code: 'SCRIPT_NEEDS_LOADER',
    exit: 2,
    says: /Write \{"apps":\[\{"script":"sh","args":\["-c","sleep 1"\]\}\]\} to ecosystem\.json, then: kf-cluster start/,
  },
  { args: ['start', 'app.tsx'], code: 'SCRIPT_NEEDS_LOADER', exit: 2, says: /--node-args="--import tsx"/ },
  { args: ['start', 'app.js', '--drain-timeot=5s'], code: 'UNKNOWN_FLAG', exit: 2, says: /--drain-timeout/ },
  { args: ['start', 'app.js', '--telemetry=maybe'], code: 'BAD_FLAG', exit: 2, says: /--telemetry is "maybe"/ },
  { args: ['start', 'app.js', '8080'], code: 'UNKNOWN_FLAG', exit: 2, says: /start app\.js -- 8080/ },
  { args: ['start', 'app.js', '-w'], code: 'BAD_FLAG', exit: 2, says: /-w has no value/ },
  { args: ['start', 'app.js', '-w', '0'], code: 'BAD_FLAG', exit: 2, says: /from 1 to 1024, max or auto/ },
  { args: ['start', 'app.js', '-w', 'abc'], code: 'BAD_FLAG', exit: 2, says: /--workers is "abc"/ },
  { args: ['start', 'app.js', '-w', '100000'], code: 'BAD_FLAG', exit: 2, says: /100000/ },
  { args: ['start', 'app.js', '--cwd', 'gone'], code: 'BAD_FLAG', exit: 2, says: /gone is not a directory/ },
  { args: ['start', 'app.js', '-c', 'gone.js'], code: 'CONFIG_NOT_FOUND', exit: 78, says: /gone\.js/ },
  { args: ['start', 'app.js', '-c', 'bad.config.mjs'], code: 'CONFIG_INVALID', exit: 78, says: /workes: .*workers\?/ },
  { args: ['start', 'app.js', '-c', 'throws.mjs'], code: 'CONFIG_UNREADABLE', exit: 78, says: /boom/ },
  // By its variable: Node 20 looks for --env-file behind the script too, and fails on a missing one before us.
  { args: ['start', 'app.js'], env: { KF_CLUSTER_ENV_FILE: 'gone' }, code: 'ENV_FILE', exit: 78, says: /gone/ },
  {
    args: ['start', 'app.js', '--env-file', '.env'],
    code: 'OTEL_INVALID',
    exit: 78,
    says: /OTEL_PROPAGATORS in .*\.env is "w3c"/,
  },
  {
    args: ['start', 'app.js'],
    env: { KF_CLUSTER_READY: 'x' },
    code: 'ENV_INVALID',
    exit: 78,
    says: /KF_CLUSTER_READY/,
  },
  {
    args: ['start', 'app.js'],
    env: { OTEL_TRACES_SAMPLER: 'x' },
    code: 'OTEL_INVALID',
    exit: 78,
    says: /OTEL_TRACES_SAMPLER/,
  },
  {
    args: ['dev', 'app.js', '--traces_exporter', 'jaeger'],
    code: 'OTEL_INVALID',
    exit: 78,
    says: /otlp, console, none/,
  },
  {
    args: ['start', 'app.js'],
    env: { OTEL_EXPORTER_OTLP_CERTIFICATE: 'gone.pem' },
    code: 'OTEL_INVALID',
    exit: 78,
    says: /OTEL_EXPORTER_OTLP_CERTIFICATE is "gone\.pem".*Name a PEM file/s,
  },
  {
    args: ['start', 'app.js'],
    env: { OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY: 'app.js' },
    code: 'OTEL_INVALID',
    exit: 78,
    says: /needs OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE/,
  },
  { args: ['start', 'app.js', '--exporter-otlp-endpoint', '::'], code: 'OTEL_INVALID', exit: 78, says: /a URL/ },
  {
    args: ['start', 'app.js', '--exporter-otlp-endpoint', 'http://c/v1/traces', '--exporter-otlp-protocol', 'grpc'],
    code: 'OTEL_INVALID',
    exit: 78,
    says: /belongs to OTLP over HTTP/,
  },
  {
    args: ['start', 'app.js', '--exporter-otlp-headers-file', 'headers.txt'],
    code: 'HEADERS_FILE',
    exit: 78,
    says: /line 1/,
  },
];

for (const { args, code, exit, says, env } of CASES) {
  test(`${code}: ${[...Object.keys(env ?? {}), ...args].join(' ')}`, async (t) => {
    const result = await kf(args, tree(t, FILES), env);
    t.regex(result.stderr, new RegExp(`^error ${code}: .+\n {2}why: [^]+\n {2}fix: .+\n$`));
    t.regex(result.stderr, says);
    t.notRegex(result.stderr, /s3cr3t/);
    t.is(result.code, exit);
    t.is(result.stdout, '');
  });
}

test('a headers file that others can read is a warning', async (t) => {
  const dir = tree(t, { 'app.js': '', headers: 'kf-api-key=s3cr3t' });
  const args = ['config', 'app.js', '--exporter-otlp-headers-file', 'headers'];
  chmodSync(join(dir, 'headers'), 0o644);
  const open = await kf(args, dir);
  t.regex(open.stderr, /readable by every user/);
  t.notRegex(open.stdout + open.stderr, /s3cr3t/);
  chmodSync(join(dir, 'headers'), 0o600);
  t.is((await kf(args, dir)).stderr, '');
});

if (process.getuid?.() === 0) {
  test('one that this user cannot change, as of a mounted Secret, is none', (t) => {
    const dir = tree(t, { 'app.js': '', headers: 'kf-api-key=s3cr3t' });
    chmodSync(dir, 0o755);
    chmodSync(join(dir, 'headers'), 0o644);
    const args = [BIN, 'config', 'app.js', '--exporter-otlp-headers-file', 'headers'];
    const { status, stderr } = spawnSync(NODE, args, { cwd: dir, uid: 65_534, gid: 65_534, encoding: 'utf8' });
    t.is(status, 0, stderr);
    t.notRegex(stderr, /readable by every user/);
  });
}
