import type { FullStatus } from '../contract/control-protocol.js';
import { EXIT } from '../contract/errors.js';
import { visible } from '../contract/visible.js';
import { call } from '../control/client.js';
import { type Found, listSupervisors } from '../control/find-supervisor.js';
import { print } from './print.js';
import type { Argument } from './remote.js';
import { CLEAR, EVERY, status } from './status-command.js';
import { age, megabytes, table } from './text-table.js';

/** One supervisor as it is listed; null is what it did not say. */
interface Row {
  readonly name: string;
  readonly pid: number | null;
  readonly script: string;
  readonly socket: string;
  readonly phase: string | null;
  /** Ready workers, and how many there are to be. */
  readonly ready: number | null;
  readonly target: number | null;
  readonly restarts: number | null;
  readonly uptimeMs: number | null;
  /** Of all its workers together: share of one CPU, and bytes. */
  readonly cpu: number | null;
  readonly rss: number | null;
}

/** `kf-cluster list`, `ls`, `ps`: every supervisor of this user. Exit code 3 when there is none. With a name: its status. */
export async function list(argv: Argument): Promise<number> {
  if ([argv.supervisor, argv.name, argv.pidfile].some((one) => one !== undefined)) return status(argv);
  for (;;) {
    const rows = await Promise.all((await listSupervisors()).map(rowOf));
    const text = argv.json === true ? `${JSON.stringify(rows)}\n` : rows.length === 0 ? '' : render(rows);
    if (rows.length === 0 && argv.json !== true) process.stderr.write('nothing runs\n');
    await print(argv.watch === true && process.stdout.isTTY ? CLEAR + text : text);
    if (argv.watch !== true) return rows.length === 0 ? EXIT.notRunning : EXIT.ok;
    await new Promise((resolve) => setTimeout(resolve, EVERY));
  }
}

async function rowOf({ path, identity }: Found): Promise<Row> {
  const now = identity && (await call<FullStatus>(path, { path: '/v1/status' }).catch(() => undefined));
  const workers = now?.workers ?? [];
  const sum = (of: (one: (typeof workers)[number]) => number | undefined) =>
    now === undefined ? null : workers.reduce((total, one) => total + (of(one) ?? 0), 0);
  return {
    name: identity?.name ?? '-',
    pid: identity?.pid ?? null,
    script: identity?.script ?? 'does not answer',
    socket: path,
    phase: now?.phase ?? null,
    ready: sum(({ phase }) => (phase === 'ready' ? 1 : 0)),
    target: now?.target ?? null,
    restarts: sum(({ restarts }) => restarts),
    uptimeMs: now?.uptimeMs ?? null,
    cpu: sum(({ stats }) => stats?.cpu),
    rss: sum(({ stats }) => stats?.rss),
  };
}

const HEAD = ['NAME', 'PID', 'PHASE', 'READY', 'RESTARTS', 'UPTIME', 'CPU', 'MEMORY', 'SCRIPT'];
const RIGHT = new Set(['PID', 'RESTARTS', 'CPU', 'MEMORY']);

function render(rows: readonly Row[]): string {
  const cells = rows.map((row) => [
    visible(row.name),
    text(row.pid),
    row.phase ?? '-',
    row.ready === null ? '-' : `${row.ready}/${row.target}`,
    text(row.restarts),
    age(row.uptimeMs ?? undefined),
    row.cpu === null ? '-' : `${(row.cpu * 100).toFixed(1)}%`,
    row.rss === null ? '-' : megabytes(row.rss),
    visible(row.script),
  ]);
  return table(HEAD, cells, RIGHT);
}

function text(value: number | null): string {
  return value === null ? '-' : String(value);
}
