import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Owner, privateDir, watch } from '../helpers/cluster.js';
import { programText } from './program.js';
import { openReceiver } from './receiver.js';
import { instrumentationOf } from './rows.js';
import type { ServerState } from './servers.js';
import { type Age, FORMS, type Form, type Proof, type Row, type Use } from './types.js';

const run = promisify(execFile);
/** How long one program may take, in milliseconds. Longer: it hangs. */
const PATIENCE = 60_000;

export type Verdict = { readonly kind: Proof } | { readonly kind: 'fails'; readonly why: string };

export interface Cell {
  readonly library: string;
  readonly version: string;
  readonly age: Age;
  readonly form: Form;
  readonly verdict: Verdict;
}

/** What rows are run with. */
export interface Tools {
  readonly bin: string;
  /** The oldest library runs on the oldest Node, the newest on Node 24. */
  readonly nodes: Readonly<Record<Age, string>>;
  readonly server: ServerState | undefined;
}

/** Installs one version of a library as a user would, lets bootstrap install its instrumentation, and runs both programs. */
export async function runVersion(row: Row, age: Age, version: string, tools: Tools): Promise<Cell[]> {
  const dir = mkdtempSync(join(tmpdir(), 'kf-library-'));
  const use: Use = (age === 'oldest' ? row.oldest : undefined) ?? row;
  const cell = (form: Form, verdict: Verdict) => ({ library: row.library, version, age, form, verdict });
  try {
    await install(row, use, version, dir, tools.bin);
    const cells: Cell[] = [];
    for (const form of FORMS) cells.push(cell(form, await runForm(row, use, { dir, age, form, tools })));
    return cells;
  } catch (error) {
    return FORMS.map((form) => cell(form, fails(`npm: ${textOf(error)}`)));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function install(row: Row, use: Use, version: string, dir: string, bin: string): Promise<void> {
  writeFileSync(join(dir, 'package.json'), JSON.stringify({ name: 'shop', private: true }));
  const extras = (use.extras ?? []).map((one) => one.replace('VERSION', version));
  const quiet = [
    '--prefer-offline',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
    '--legacy-peer-deps',
  ];
  await run('npm', ['install', '--save-exact', ...quiet, `${row.library}@${version}`, ...extras], { cwd: dir });
  const settings = {
    ignore_scripts: 'true',
    legacy_peer_deps: 'true',
    prefer_offline: 'true',
    audit: 'false',
    fund: 'false',
  };
  const named = Object.entries(settings).map(([name, value]) => [`npm_config_${name}`, value]);
  const env = { ...process.env, ...Object.fromEntries(named) };
  await run(process.execPath, [bin, 'bootstrap', '-a', 'install'], { cwd: dir, env });
}

interface Case {
  readonly dir: string;
  readonly age: Age;
  readonly form: Form;
  readonly tools: Tools;
}

async function runForm(row: Row, use: Use, { dir, age, form, tools }: Case): Promise<Verdict> {
  const file = join(dir, form === 'cjs' ? 'app.cjs' : 'app.mjs');
  writeFileSync(file, programText(use, form));
  const receiver = await openReceiver();
  const cleanups: (() => unknown)[] = [receiver.close];
  const owner: Owner = { teardown: (cleanup) => void cleanups.unshift(() => cleanup()) };
  const flags = ['-w', '1', '-n', 'shop', ...(row.flags ?? [])];
  const env = {
    XDG_RUNTIME_DIR: privateDir(owner),
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    ...(tools.server && 'port' in tools.server && { SERVER_PORT: String(tools.server.port) }),
  };
  const cluster = watch(owner, tools.nodes[age], [tools.bin, 'start', file, ...flags], { cwd: dir, env });
  const hangs = setTimeout(() => cluster.kill('SIGKILL'), PATIENCE);
  try {
    const [line = ''] = await cluster.line(/^used$|failed: .*/);
    const scope = instrumentationOf(row.library).package;
    const isPatched = row.proof === 'patched' && (await patched(scope, owner, env, tools.bin));
    cluster.kill('SIGTERM');
    await cluster.exit;
    if (line !== 'used') return fails(textOf(line));
    return verdictOf(row.proof ?? 'span', scope, receiver, isPatched);
  } catch (error) {
    return fails(cluster.process.signalCode === 'SIGKILL' ? `no end in ${PATIENCE / 1_000} s` : textOf(error));
  } finally {
    clearTimeout(hangs);
    for (const cleanup of cleanups) await cleanup();
  }
}

function verdictOf(
  proof: Proof,
  scope: string,
  { spans, logs }: { readonly spans: readonly string[]; readonly logs: readonly string[] },
  isPatched: boolean,
): Verdict {
  switch (proof) {
    case 'span':
      return spans.includes(scope) ? { kind: 'span' } : fails(`no span of ${scope}, but of ${listOf(spans)}`);
    case 'log':
      return logs.includes(scope) ? { kind: 'log' } : fails(`no log record of ${scope}, but of ${listOf(logs)}`);
    case 'patched':
      return isPatched ? { kind: 'patched' } : fails(`${scope} has patched nothing`);
  }
}

/** As the worker itself says, through the supervisor's socket. */
async function patched(scope: string, owner: Owner, env: Record<string, string>, bin: string): Promise<boolean> {
  const status = watch(owner, process.execPath, [bin, 'status', 'shop', '--json'], { env });
  await status.exit;
  const { workers }: { workers: { stats?: { instrumentations?: { package: string; state: string }[] } }[] } =
    JSON.parse(status.stdout());
  const states = workers.flatMap(({ stats }) => stats?.instrumentations ?? []);
  return states.some((one) => one.package === scope && one.state === 'patched');
}

function listOf(names: readonly string[]): string {
  return [...new Set(names)].join(', ') || 'none';
}

function fails(why: string): Verdict {
  return { kind: 'fails', why };
}

/** Its first error, without the paths of this machine. */
function textOf(error: unknown): string {
  const text = String(error instanceof Error ? error.message : error)
    .replace(/\S*kf-library-\w+\//g, '')
    .replace(/\s+/g, ' ');
  return (/\b(?:\w*Error:|npm error) .*/.exec(text)?.[0] ?? text).slice(0, 300);
}
