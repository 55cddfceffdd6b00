import { splitArgs } from '../../config/args.js';
import { isRecord } from '../../contract/record-guard.js';
import { literals, type Workload } from './workload.js';

/** The scripts of a package.json, each a command line with variables in front. */
export function readScripts(file: string, manifest: Readonly<Record<string, unknown>>): Workload[] {
  const scripts = isRecord(manifest.scripts) ? manifest.scripts : {};
  return Object.entries(scripts).map(([name, script]) => commandLine(file, `script ${name}`, String(script)));
}

/** The processes of a Procfile. */
export function readProcfile(file: string, text: string): Workload[] {
  return text.split(/\r?\n/).flatMap((line) => {
    const [, name, command] = /^([\w-]+):\s*(.+)$/.exec(line) ?? [];
    return name === undefined || command === undefined ? [] : [commandLine(file, name, command)];
  });
}

function commandLine(file: string, name: string, text: string): Workload {
  const words = (splitArgs(text) ?? text.split(/\s+/)).filter((word) => word !== 'cross-env' && word !== 'env');
  const first = words.findIndex((word) => !/^[A-Za-z_]\w*=/.test(word));
  const pairs = words.slice(0, first < 0 ? words.length : first);
  return {
    platform: 'npm',
    file,
    name,
    env: literals(
      Object.fromEntries(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)])),
    ),
    command: first < 0 ? [] : words.slice(first),
    shell: true,
  };
}
