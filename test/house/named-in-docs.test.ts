import test from 'ava';
import { HOOK_SIDES } from '../../hooks/types.js';
import { commandsOfHelp } from '../../src/cli/commands.js';
import { CONTROL_ROUTES } from '../../src/contract/control-protocol.js';
import { OTLP_PROTOCOLS } from '../../src/contract/otlp-protocols.js';
import { PHASES } from '../../src/contract/phases.js';
import { PRIMARY_SIGNALS } from '../../src/contract/primary-signals.js';
import { fromGrpcStatus, fromHttpStatus, type Outcome } from '../../src/telemetry/outbox/send/outcome.js';
import { filesBelow, textOf } from './sources.js';

/** What the compiler cannot know of: a row more of these tables is to be named on that page. */
const PAGES: readonly (readonly [page: string, what: string, names: readonly string[]])[] = [
  ['SIGNALS', 'signal of the primary', PRIMARY_SIGNALS.map((signal) => signal.slice('SIG'.length))],
  ['HOOKS', 'hook', Object.keys(HOOK_SIDES)],
  [
    'CONTROL',
    'control route',
    CONTROL_ROUTES.map((route) => route.split(' ')[1] ?? '').filter((path) => path !== '/v1'),
  ],
  ['CONTROL', 'phase', [...PHASES, ...clusterPhases()]],
  ['HEALTH', 'metric of the supervisor', metrics()],
  ['DELIVERY', 'OTLP protocol', Object.keys(OTLP_PROTOCOLS)],
  ['LOGS', 'event of the log', events()],
];

for (const [page, what, names] of PAGES) {
  test(`each ${what} stands in docs/${page}.md`, (t) => {
    t.true(names.length > 2);
    const text = textOf(`docs/${page}.md`);
    t.deepEqual(
      names.filter((name) => !new RegExp(`${name.startsWith('/') ? '' : '(?<![\\w-])'}${name}(?![\\w/-])`).test(text)),
      [],
    );
  });
}

test('each answer of a collector that is tried again stands in docs/DELIVERY.md', (t) => {
  const [, grpc = '', http = ''] = /^- Retried: gRPC (.*?); HTTP (.*?);/m.exec(textOf('docs/DELIVERY.md')) ?? [];
  const retried = ({ type }: Outcome) => type === 'retry';
  const statuses = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
  t.deepEqual(
    statuses(1, 20).filter((code) => retried(fromGrpcStatus(code, '', code === 8 ? 1 : undefined))),
    numbersIn(grpc.replace('RetryInfo', '')),
  );
  t.deepEqual(
    statuses(300, 600).filter((status) => retried(fromHttpStatus(status, {}, 0))),
    numbersIn(http),
  );
});

const numbersIn = (text: string) => [...text.matchAll(/\d+/g)].map(Number);

test('each command stands in a guide or topic page, not in the man page alone', (t) => {
  const pages = ['CONTROL', 'SETUP', 'DEV', 'DOCTOR', 'TELEMETRY', 'CONFIGURATION', 'MIGRATING-FROM-PM2', 'BOOTSTRAP'];
  const text = [textOf('README.md'), ...pages.map((page) => textOf(`docs/${page}.md`))].join('\n');
  const names = commandsOfHelp().map(({ usage }) => usage.split(' ')[0] ?? '');
  t.deepEqual(
    names.filter((name) => !text.includes(`kf-cluster ${name}`) && !text.includes(`\`${name}`)),
    [],
  );
});

test('each hook of a worker is run by somebody', (t) => {
  const source = filesBelow(['src', 'hooks'], /\.ts$/).map(textOf).join('\n');
  const names = Object.entries(HOOK_SIDES).flatMap(([name, side]) => (side === 'worker' ? [name] : []));
  t.true(names.length > 2);
  t.deepEqual(
    names.filter((name) => !source.includes(`runHooks.${name}(`)),
    [],
  );
});

/** In the table of families, and among those of logs. */
function metrics(): string[] {
  const rows = textOf('src/control/cluster-metrics.ts').matchAll(/'([a-z0-9_]+)',\s*'(?:gauge|counter)'/g);
  return [...rows].map(([, name = '']) => name);
}

function clusterPhases(): string[] {
  const [, list = ''] = /type ClusterPhase = (.*);/.exec(textOf('src/contract/phases.ts')) ?? [];
  return [...list.matchAll(/'(\w+)'/g)].map(([, name = '']) => name);
}

/** What a line of the log may be called: by its own file, and by the notifications that are logged. */
function events(): string[] {
  const own = textOf('src/contract/log-events.ts').matchAll(/^ {2}\| '([\w-]+)'/gm);
  const [, lines = ''] = /const LINES[^{]*\{\n(.*?)\n\};/s.exec(textOf('src/supervisor/log-notifications.ts')) ?? [];
  const notifications = lines.matchAll(/^ {2}'?([\w-]+)'?: (?!ignore,)/gm);
  return [...own, ...notifications].map(([, name = '']) => name);
}
