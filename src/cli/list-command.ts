import type { FullStatus } from '../contract/control-protocol.js';
import { EXIT } from '../contract/errors.js';
import { visible } from '../contract/visible.js';
import { call } from '../control/client.js';
import { type Found, listSupervisors } from '../control/find-supervisor.js';
import { print } from './print.js';
import type { Argument } from './remote.js';
import { overdraw, type Screen, screenOf } from './screen.js';
import { EVERY, status } from './status-command.js';
import { age, type Column, megabytes, table } from './text-table.js';

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
  let isEmpty = false;
  for (;;) {
    const rows = await Promise.all((await listSupervisors()).map(rowOf));
    const screen = screenOf(process.stdout, process.env);
    const text = argv.json === true ? `${JSON.stringify(rows)}\n` : rows.length === 0 ? '' : render(rows, screen);
    // Once, until something has run: with --watch it is asked twice a second.
    if (rows.length === 0 && !isEmpty && argv.json !== true) process.stderr.write('nothing runs\n');
    isEmpty = rows.length === 0;
    const isRead = await print(argv.watch === true ? overdraw(text, screen) : text);
    if (argv.watch !== true || !isRead) return rows.length === 0 ? EXIT.notRunning : EXIT.ok;
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

/** On a narrow terminal they are left out in the order of `leave` (docs/CONTROL.md). */
export const LIST_COLUMNS: readonly Column<Row>[] = [
  { title: 'NAME', cut: 'end', cell: ({ name }) => visible(name) },
  { title: 'PID', right: true, leave: 4, cell: ({ pid }) => text(pid) },
  { title: 'PHASE', cell: ({ phase }) => phase ?? '-' },
  {
    title: 'READY',
    cell: ({ ready, target }) => (ready === null ? '-' : `${ready}/${target}`),
    color: ({ ready, target }) => (ready === target ? 'green' : ready === 0 ? 'red' : 'yellow'),
  },
  { title: 'RESTARTS', right: true, leave: 6, cell: ({ restarts }) => text(restarts) },
  { title: 'UPTIME', leave: 2, cell: ({ uptimeMs }) => age(uptimeMs ?? undefined) },
  { title: 'CPU', right: true, leave: 3, cell: ({ cpu }) => (cpu === null ? '-' : `${(cpu * 100).toFixed(1)}%`) },
  { title: 'MEMORY', right: true, leave: 5, cell: ({ rss }) => (rss === null ? '-' : megabytes(rss)) },
  { title: 'SCRIPT', cut: 'start', leave: 1, cell: ({ script }) => visible(script) },
];

function render(rows: readonly Row[], screen: Screen): string {
  return table(LIST_COLUMNS, rows, screen);
}

function text(value: number | null): string {
  return value === null ? '-' : String(value);
}
