import { basename } from 'node:path';
import { splitArgs } from '../../config/args.js';
import { bytesOf, cpusOf, literals, spanMs, type Workload } from './workload.js';

/** DefaultTimeoutStopSec. */
const SYSTEMD_GRACE_MS = 90_000;

/** A unit of systemd. */
export function readUnit(file: string, text: string): Workload[] {
  const lines = text.replace(/\\\r?\n/g, ' ').split(/\r?\n/);
  const all = (key: string) => lines.flatMap((line) => new RegExp(`^${key}=(.*)$`).exec(line.trim())?.[1] ?? []);
  const start = all('ExecStart').at(-1);
  if (start === undefined) return [];
  const pairs = all('Environment').flatMap((line) => splitArgs(line) ?? []);
  const given = spanMs(all('TimeoutStopSec').at(-1) ?? all('TimeoutSec').at(-1));
  const env = literals(
    Object.fromEntries(pairs.flatMap((pair) => (/^([^=]+)=(.*)$/s.exec(pair) ? [splitPair(pair)] : []))),
  );
  return [
    {
      platform: 'systemd',
      file,
      name: basename(file, '.service'),
      env: all('EnvironmentFile').length > 0 ? { ...env, '': { value: undefined, source: 'file' } } : env,
      command: splitArgs(start.replace(/^[-@:+!]+/, '')) ?? [start],
      shell: false,
      graceMs: given ?? SYSTEMD_GRACE_MS,
      graceDefault: given === undefined,
      cpus: cpusOf(all('CPUQuota').at(-1)),
      memory: bytesOf(all('MemoryMax').at(-1), true),
      fields: { killMode: all('KillMode').at(-1), killSignal: all('KillSignal').at(-1) },
    },
  ];
}

function splitPair(pair: string): [string, string] {
  const at = pair.indexOf('=');
  return [pair.slice(0, at), pair.slice(at + 1)];
}
