// `npm run coverage`: the lines that unit tests cover by room, and a floor for each. Tests of processes run the bundles and are
// not counted: a room that only they reach has a low floor.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { FLOORS } from './coverage-floors.mjs';

const ROOMS = [
  'api',
  'cli',
  'config',
  'contract',
  'control',
  'core',
  'hooks',
  'otel-env',
  'platforms',
  'run',
  'supervisor',
  'system',
  'worker',
];
const TESTS = [
  ...ROOMS.map((room) => `dist/test/${room}/**/*.test.js`),
  'dist/test/telemetry/{delivery-ways,detectors,diagnostics,guard-patches,headers-of-file,http2,ids,instrumentation-life}.test.js',
  'dist/test/telemetry/{join-copies,look-at-spans,other-agents,other-provider,propagation,ratio-sampler}.test.js',
  'dist/test/telemetry/{registrations,resource,settings,single-process,span-fate,span-ways,start-telemetry,third-party}.test.js',
  'dist/test/telemetry/http/*.test.js',
  'dist/test/telemetry/outbox/{account-words,answers,backlog,corpus,corpus-others,encode,end-interrupted,end-span,flights}.test.js',
  'dist/test/telemetry/outbox/{golden,grpc-answers,http-answers,journal-files,outbox-disk,read-records,recover}.test.js',
  'dist/test/telemetry/outbox/{requests,sending,set-aside,starts-file,store-fate,tunnel,words}.test.js',
  'dist/test/telemetry/signals/{console-records,log-processor,logger-packages,metric-ways}.test.js',
  'dist/test/dev/{decode,environment,small-parts,store,summary,traces,receiver,faults}.test.js',
  'dist/test/dev/{follow-supervisor,receiver-parts,grpc-frames,page-place}.test.js',
  'dist/test/dev/page/{filter,parts,rows,store,supervisor,views,session,session-lines,assistant}.test.js',
  'dist/test/dev/page/{logs,metric-view,view-bounds,api}.test.js',
  'dist/test/diagnose/{doctor,healthy,compose,semver,lints,lint-bounds,live-checks,verdict,follow,findings}.test.js',
  'dist/test/diagnose/{app-code,deployments,deployment-files,secret-places,report-files}.test.js',
  'dist/test/diagnose/{collector-config,collector-findings,collector-parts}.test.js',
];
/** Runs of each property: more find faults, not lines. */
const RUNS = '300';

const reports = mkdtempSync(join(tmpdir(), 'kf-coverage-'));
process.once('exit', () => rmSync(reports, { recursive: true, force: true }));
run();
const measured = byRoom(JSON.parse(readFileSync(join(reports, 'coverage-summary.json'), 'utf8')));
const rooms = [...new Set([...measured.keys(), ...Object.keys(FLOORS)])].sort();
const below = rooms.filter((room) => (measured.get(room) ?? 0) < (FLOORS[room] ?? Number.POSITIVE_INFINITY));
for (const room of rooms) {
  const share = measured.get(room)?.toFixed(1) ?? 'gone';
  console.log(
    `${room.padEnd(12)} ${share.padStart(5)} %  floor ${FLOORS[room] ?? 'missing'}${below.includes(room) ? '  BELOW' : ''}`,
  );
}
if (below.length > 0) {
  console.error(
    `below their floor: ${below.join(', ')}. Test what was added, or correct build/coverage-floors.mjs and say why.`,
  );
  process.exitCode = 1;
}

function run() {
  const which = ['--include', 'dist/src/**', '--include', 'dist/hooks/**', '--exclude', 'dist/src/dev/page/**'];
  const where = ['--reporter', 'json-summary', '--reports-dir', reports, '--temp-directory', join(reports, 'raw')];
  const { status } = spawnSync('npx', ['c8', ...which, ...where, 'npx', 'ava', '--concurrency', '2', ...TESTS], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, KF_PROPERTY_RUNS: RUNS },
  });
  if (status !== 0) throw new Error(`the tests failed (${status})`);
}

/** The share of lines covered, in percent, of `hooks` and of each room of src; of a file that no test loads, none is. */
function byRoom({ total: _total, ...files }) {
  const found = new Map(Object.entries(files).map(([file, { lines }]) => [relative(process.cwd(), file), lines]));
  const sums = new Map();
  for (const file of sources()) {
    const name = roomOf(file);
    const lines = found.get(file) ?? { covered: 0, total: readFileSync(file, 'utf8').split('\n').length - 1 };
    const { covered, total } = sums.get(name) ?? { covered: 0, total: 0 };
    sums.set(name, { covered: covered + lines.covered, total: total + lines.total });
  }
  return new Map([...sums].map(([name, { covered, total }]) => [name, (100 * covered) / total]));
}

/** Files of types alone have no code: nothing of them is to be covered, and no report names them. */
function sources() {
  const all = ['src', 'hooks'].flatMap((top) =>
    readdirSync(top, { recursive: true, encoding: 'utf8' }).map((file) => join(top, file)),
  );
  return all.filter(
    (file) => /(?<!\.d)\.c?ts$/.test(file) && !file.startsWith(join('src', 'dev', 'page') + sep) && hasCode(file),
  );
}

function hasCode(file) {
  const built = readFileSync(join('dist', file.replace(/\.(c?)ts$/, '.$1js')), 'utf8');
  return (
    built.replace(/^(?:export \{\};|"use strict";|Object\.defineProperty\(exports.*|\/\/#.*|\s*)$/gm, '').trim() !== ''
  );
}

function roomOf(file) {
  const [top = '', room = ''] = file.split(sep);
  return top === 'src' && room !== 'bin.cts' ? room : top;
}
