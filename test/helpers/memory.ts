import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import type { ExecutionContext } from 'ava';
import { until } from './spool.js';

/** The places where a control group with a limit can be made, and what the limit's file is called there. */
const ROOTS = [
  ['/sys/fs/cgroup/memory', 'memory.limit_in_bytes'],
  ['/sys/fs/cgroup', 'memory.max'],
] as const;

/** A control group of that size, to write a pid into; undefined where nobody here may make one. Gone with the test. */
export function memoryGroup(t: ExecutionContext, bytes: number): string | undefined {
  for (const [root, file] of ROOTS) {
    const group = `${root}/kf-test-${process.pid}-${made++}`;
    try {
      mkdirSync(group);
      t.teardown(async () => {
        await until(() => readFileSync(`${group}/cgroup.procs`, 'utf8') === ''); // the orphan guard ends behind its primary
        rmdirSync(group);
      });
      if (!existsSync(`${group}/${file}`)) continue;
      writeFileSync(`${group}/${file}`, String(bytes));
      return group;
    } catch (error) {
      t.log(`no control group in ${root}: ${String(error)}`);
    }
  }
  return undefined;
}

let made = 0;

/** Lets the kernel kill this process when it takes more memory. False where nobody here may make a control group. */
export function limitMemory(t: ExecutionContext, pid: number, bytes: number): boolean {
  const group = memoryGroup(t, bytes);
  if (group !== undefined) writeFileSync(`${group}/cgroup.procs`, String(pid));
  return group !== undefined;
}
