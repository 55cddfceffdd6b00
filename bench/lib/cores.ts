import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * Gives the clients a core that the contenders do not use, as if they were on another machine: a client that competes
 * with its server for a core draws all ratios towards 1. What this process starts from here on stays off that core.
 *
 * @param clients pids of those that belong to the other side: clients and collectors
 * @returns what was done, to be printed beside the figures
 */
export function clientsApart(clients: readonly number[]): string {
  const cores = allowed();
  const [own] = cores.slice(-1);
  if (own === undefined || cores.length < 2) return 'clients on the same core: there is only one';
  const servers = cores.slice(0, -1);
  const failed = [[process.pid, servers] as const, ...clients.map((pid) => [pid, [own]] as const)]
    .map(([pid, to]) => spawnSync('taskset', ['--all-tasks', '--cpu-list', '--pid', to.join(','), String(pid)]))
    .find(({ status }) => status !== 0);
  if (failed) throw new Error(`taskset failed (util-linux; or use --cores shared): ${failed.error ?? failed.stderr}`);
  return `servers on core ${servers.join(', ')}, clients and collectors on core ${own}`;
}

/** Cores this process may use, see proc(5): Cpus_allowed_list, such as 0-3,8. */
function allowed(): number[] {
  const list = readFileSync('/proc/self/status', 'utf8').match(/^Cpus_allowed_list:\s+(\S+)/m)?.[1] ?? '';
  return list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, at) => first + at);
  });
}
