import { splitArgs } from '../../config/args.js';
import { isRecord } from '../../contract/record-guard.js';
import { bytesOf, cpusOf, literals, spanMs, type Variable, type Workload } from './workload.js';

/** What `docker compose stop` waits for by itself, and `docker stop` as well. */
const DOCKER_GRACE_MS = 10_000;

/** The services of a compose file. */
export function readCompose(file: string, document: unknown): Workload[] {
  if (!isRecord(document) || !isRecord(document.services)) return [];
  const services = document.services;
  const names = Object.keys(services);
  return Object.entries(services).flatMap(([name, service]) => {
    if (!isRecord(service)) return [];
    const limits = limitsOf(service);
    const given = spanMs(service.stop_grace_period);
    const words = [...wordsOf(service.entrypoint), ...wordsOf(service.command)];
    const workload: Workload = {
      platform: 'compose',
      file,
      name,
      env: { ...environmentOf(service.environment), ...filesOf(service.env_file) },
      command: words,
      shell:
        typeof service.entrypoint === 'string' || (words[0] !== undefined && /^(\/bin\/)?(ba|da)?sh$/.test(words[0])),
      graceMs: given ?? DOCKER_GRACE_MS,
      graceDefault: given === undefined,
      cpus: cpusOf(limits.cpus ?? service.cpus),
      memory: bytesOf(limits.memory ?? service.mem_limit, true),
      volumes: volumesOf(service.volumes),
      neighbours: names,
      fields: { build: service.build !== undefined, networkMode: service.network_mode },
    };
    return [workload];
  });
}

function limitsOf(service: Record<string, unknown>): Record<string, unknown> {
  const deploy = isRecord(service.deploy) ? service.deploy : {};
  const resources = isRecord(deploy.resources) ? deploy.resources : {};
  return isRecord(resources.limits) ? resources.limits : {};
}

/** What holds `$NAME`, `${NAME}` or `${NAME:-default}` comes from the shell or an .env file: the value is not in the file. */
function environmentOf(value: unknown): Record<string, Variable> {
  const pairs = Array.isArray(value)
    ? value.map((one) => /^([^=]+)=?(.*)$/s.exec(String(one)) ?? []).map(([, name = '', text]) => [name, text] as const)
    : Object.entries(isRecord(value) ? value : {}).map(([name, text]) => [name, text] as const);
  const env = literals(Object.fromEntries(pairs.map(([name, text]) => [name, String(text ?? '')])));
  return Object.fromEntries(
    Object.entries(env).map(([name, one]): [string, Variable] => {
      const text = one.value ?? '';
      const passed = text === '' || /(?<!\$)(\$\$)*\$[{\w]/.test(text);
      return [name, passed ? { value: undefined, source: 'file' } : { ...one, value: text.replaceAll('$$', '$') }];
    }),
  );
}

function filesOf(value: unknown): Record<string, Variable> {
  return value === undefined ? {} : { '': { value: undefined, source: 'file' } };
}

function wordsOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.map(String);
  return typeof value === 'string' ? (splitArgs(value) ?? [value]) : [];
}

function volumesOf(value: unknown): string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [];
  return list.flatMap((one) => (isRecord(one) ? String(one.target ?? '') : (String(one).split(':')[1] ?? String(one))));
}
