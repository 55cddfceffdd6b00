import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { distrustOf } from '../../system/trusted-dir.js';
import type { Check, Checks, Problem } from '../check.js';
import { runsKf } from '../deployment/workload.js';
import type { Facts } from '../facts.js';

const HERE = { severity: 'warning', symptom: 'lost-spans' } as const satisfies Partial<Check<Facts>>;

/** Whether what is not delivered yet can wait on disk, and is still there afterwards. */
export const SPOOL_CHECKS = {
  'spool-unwritable': {
    severity: 'error',
    symptom: 'lost-spans',
    about: 'the spool directory cannot be written, synced or renamed in',
    find: (facts) => inSpool(facts, (dir) => probe(dir)),
  },
  'spool-owner': {
    severity: 'error',
    symptom: 'lost-spans',
    about: 'the spool directory belongs to another user, or others can write it: it is not used',
    find: (facts) =>
      inSpool(facts, (dir) => {
        const distrust = isDirectory(dir) ? distrustOf(dir) : undefined;
        if (!distrust) return [];
        return [
          {
            what: `the spool is not used: ${distrust.why}`,
            why: 'who can write there can have anything sent in our name',
            fix: distrust.fix,
          },
        ];
      }),
  },
  'spool-space': {
    ...HERE,
    about: 'less room on the disk than --spool-max',
    find: (facts) =>
      inSpool(facts, (dir, { loaded }) => {
        const { bavail, bsize } = statfsSync(existing(dir));
        const most = loaded?.resolved.values['spool-max'] ?? 0;
        if (bavail * bsize >= most) return [];
        return [
          {
            what: `${Math.floor((bavail * bsize) / 1_048_576)} MB are free for ${dir}, and the spool may grow to ${Math.floor(most / 1_048_576)} MB`,
            why: 'on a full disk spans wait in memory, and what a stop does not deliver is lost',
            fix: 'Make room, name another place by --spool-dir, or lower --spool-max.',
            next: `df -h ${existing(dir)}`,
          },
        ];
      }),
  },
  'spool-ephemeral': {
    ...HERE,
    about: 'a manifest or a compose file keeps no volume where the spool is',
    severity: 'information',
    find: ({ deployments, loaded, spoolDir }) =>
      deployments.workloads
        .filter(
          (one) =>
            (one.platform === 'kubernetes' || one.platform === 'compose') &&
            runsKf(one) &&
            loaded?.resolved.values.delivery !== 'memory',
        )
        .flatMap((one) => {
          const dir = one.env.KF_CLUSTER_SPOOL_DIR?.value ?? spoolDir;
          const isKept = (one.volumes ?? []).some(
            (path) => dir === path || dir?.startsWith(path.endsWith('/') ? path : `${path}/`),
          );
          if (isKept) return [];
          return [
            {
              what: `${one.file}, ${one.name}: no volume holds the spool`,
              why: 'it outlives a worker and a supervisor, but goes with the container',
              fix: 'Mount a volume and name it by KF_CLUSTER_SPOOL_DIR, where spans of a collector outage must outlive a pod.',
            },
          ];
        }),
  },
} satisfies Checks<Facts>;

function inSpool(facts: Facts, find: (dir: string, facts: Facts) => Problem[]): Problem[] {
  const { loaded, spoolDir } = facts;
  const isUsed = loaded && loaded.resolved.values.telemetry !== false && loaded.resolved.values.delivery !== 'memory';
  return isUsed && spoolDir !== undefined ? find(spoolDir, facts) : [];
}

/** The directory itself, or the nearest above it that is there; a file in its place fails when it is written to. */
function existing(dir: string): string {
  return existsSync(dir) || dirname(dir) === dir ? dir : existing(dirname(dir));
}

function isDirectory(dir: string): boolean {
  return existsSync(dir) && statSync(dir).isDirectory();
}

/** What a worker will do there: create, write, sync, rename. What it makes is taken away. */
function probe(dir: string): Problem[] {
  let made: string | undefined;
  try {
    made = mkdtempSync(join(existing(dir), 'doctor-'));
    const file = join(made, 'probe');
    const fd = openSync(file, 'w', 0o600);
    try {
      writeSync(fd, 'kf-cluster doctor\n');
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(file, `${file}.renamed`);
    return [];
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    return [
      {
        what: `undelivered spans cannot wait in ${dir}`,
        why: error.message.replace(/doctor-\w+(\/probe)?/, ''),
        fix: 'Make it writable, name another by --spool-dir, or say --delivery memory.',
        next: `ls -ld ${existing(dir)}`,
      },
    ];
  } finally {
    if (made !== undefined) rmSync(made, { recursive: true, force: true });
  }
}
