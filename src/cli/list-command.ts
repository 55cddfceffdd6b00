import { EXIT } from '../contract/errors.js';
import { visible } from '../contract/visible.js';
import { listSupervisors } from '../control/find-supervisor.js';
import { print } from './print.js';
import type { Argument } from './remote.js';
import { table } from './text-table.js';

/** `kf-cluster list`: every supervisor of this user. Exit code 3 when there is none. */
export async function list(argv: Argument): Promise<number> {
  const found = await listSupervisors();
  const rows = found.map(({ path, identity }) => ({
    name: '-',
    pid: null,
    script: 'does not answer',
    ...identity,
    socket: path,
  }));
  if (argv.json === true) await print(`${JSON.stringify(rows)}\n`);
  else if (rows.length === 0) process.stderr.write('nothing runs\n');
  else {
    const cells = rows.map(({ name, pid, script, socket }) => [
      visible(name),
      String(pid ?? '-'),
      visible(script),
      socket,
    ]);
    await print(table(['NAME', 'PID', 'SCRIPT', 'SOCKET'], cells, new Set(['PID'])));
  }
  return rows.length === 0 ? EXIT.notRunning : EXIT.ok;
}
