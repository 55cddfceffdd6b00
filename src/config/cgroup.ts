/** The text of a file, or undefined when it cannot be read. */
export type ReadText = (path: string) => string | undefined;

/** A directory of a control group that this process is in. */
interface CgroupDir {
  readonly version: 1 | 2;
  readonly dir: string;
}

/** Where the hierarchies are mounted by systemd, container runtimes and hybrid set-ups. */
const V2_MOUNTS = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'];
const V1_MOUNTS = {
  cpu: ['/sys/fs/cgroup/cpu', '/sys/fs/cgroup/cpu,cpuacct', '/sys/fs/cgroup/cpuacct,cpu'],
  memory: ['/sys/fs/cgroup/memory'],
} as const;

/** Where the files of a controller may be: this process's own group first, then all above it. Not each of them exists. */
export function cgroupDirs(controller: keyof typeof V1_MOUNTS, readText: ReadText): CgroupDir[] {
  const lines = (readText('/proc/self/cgroup') ?? '').split('\n');
  return lines.flatMap((line) => {
    const group = parseGroup(line, controller);
    if (!group) return [];
    const { version, path } = group;
    const mounts = version === 2 ? V2_MOUNTS : V1_MOUNTS[controller];
    return mounts.flatMap((mount) => upwards(path).map((inside) => ({ version, dir: `${mount}${inside}` })));
  });
}

/** A line of /proc/self/cgroup: `0::/a/b` is version 2, `4:cpu,cpuacct:/a/b` version 1. */
function parseGroup(line: string, controller: string): { version: 1 | 2; path: string } | undefined {
  const [, controllers, path = ''] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
  if (controllers === undefined) return undefined;
  if (controllers === '') return { version: 2, path };
  return controllers.split(',').includes(controller) ? { version: 1, path } : undefined;
}

/** `/a/b` gives `/a/b`, `/a` and the root (``). A path that leaves a cgroup namespace (`/..`) is cut to what is visible. */
function upwards(path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '' && part !== '..');
  return [...parts.keys(), parts.length].reverse().map((n) =>
    parts
      .slice(0, n)
      .map((part) => `/${part}`)
      .join(''),
  );
}
