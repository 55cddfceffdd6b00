import test, { type ExecutionContext } from 'ava';
import { fixture, kfCluster, NODE, watch } from '../helpers/cluster.js';
import { isHere, node24 } from '../helpers/nodes.js';

const APP = fixture('apps/visible.cjs');
/** What our docs promise to an app in its environment. */
const OURS = new Set(['KF_WORKER_SLOT', 'KF_WORKER_GENERATION', 'NODE_APP_INSTANCE']);
/** Of node:http. With telemetry @opentelemetry/instrumentation-http wraps them, and its wrappers have no name. */
const INSTRUMENTED = new Set(['request', 'get']);

interface Visible {
  readonly env: readonly string[];
  readonly functions: { readonly http: readonly [string, unknown][]; readonly console: unknown };
  readonly [part: string]: unknown;
}

const visible = async (t: ExecutionContext, line: Promise<RegExpMatchArray>): Promise<Visible> => {
  const seen = JSON.parse((await line)[1] ?? '') as Visible;
  t.true(seen.functions.http.length > 0);
  return seen;
};

async function underUs(t: ExecutionContext, node: string, flags: readonly string[]): Promise<Visible> {
  const cluster = kfCluster(t, ['start', APP, '-w', '1', ...flags], { node });
  const seen = await visible(t, cluster.line(/^visible (.*)/));
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0); // the app's removeAllListeners took nothing of ours
  return { ...seen, env: seen.env.filter((name) => !OURS.has(name)) };
}

async function inBareWorker(t: ExecutionContext, node: string, flags: readonly string[]): Promise<Visible> {
  const bare = watch(t, node, [fixture('apps/bare-cluster.cjs'), APP, ...flags]);
  const seen = await visible(t, bare.line(/^visible (.*)/));
  bare.kill('SIGTERM');
  await bare.exit;
  return { ...seen, execArgv: [] };
}

function withoutInstrumented({ functions, ...rest }: Visible): Visible {
  return {
    ...rest,
    functions: { ...functions, http: functions.http.filter(([name]) => !INSTRUMENTED.has(name)) },
  } as Visible;
}

for (const [name, node] of [
  ['this Node', NODE],
  ['Node 24', node24()],
] as const) {
  test(`an app sees of its process what it sees in a bare worker, on ${name}`, async (t) => {
    if (!isHere(t, node)) return;
    const [ours, bare] = await Promise.all([underUs(t, node, ['--no-telemetry']), inBareWorker(t, node, [])]);
    for (const part of Object.keys(bare)) t.deepEqual(ours[part], bare[part], part);
  });

  // An app that has an --import of its own sees what that does: Node 20 itself listens for `exit` then, and loads a CommonJS app
  // in another way.
  for (const [what, flags] of [
    ['', []],
    [' with an --import', ['--import', 'data:text/javascript,']],
  ] as const) {
    test(`an app${what} sees with telemetry what it sees in a bare worker, on ${name}`, async (t) => {
      if (!isHere(t, node)) return;
      const nodeArgs = flags.length > 0 ? [`--node-args=${flags.join(' ')}`] : [];
      const [ours, bare] = await Promise.all([underUs(t, node, nodeArgs), inBareWorker(t, node, flags)]);
      t.notDeepEqual(ours.functions.http, bare.functions.http); // or the exception is no longer needed
      const [a, b] = [
        withoutInstrumented(flags.length > 0 ? { ...ours, execArgv: [] } : ours),
        withoutInstrumented(bare),
      ];
      for (const part of Object.keys(b)) t.deepEqual(a[part], b[part], part);
    });
  }

  test(`the methods of the console that --log-correlation wraps look like Node's own, on ${name}`, async (t) => {
    if (!isHere(t, node)) return;
    const [ours, bare] = await Promise.all([underUs(t, node, ['--log-correlation']), inBareWorker(t, node, [])]);
    t.deepEqual(ours.functions.console, bare.functions.console);
  });
}
