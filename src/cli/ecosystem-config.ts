import { REDACTED, redact } from '../otel-env/redact.js';
import type { Pm2App } from '../platforms/pm2/ecosystem/read-ecosystem.js';
import { readChecked } from './ecosystem-command.js';
import type { EcosystemFlags } from './ecosystem-flags.js';
import type { Invocation } from './invocation.js';
import { print } from './print.js';

/** `kf-cluster config ecosystem.config.js`: what each field of each app has become. */
export async function showEcosystem(invocation: Invocation, flags: EcosystemFlags, json: boolean): Promise<number> {
  const apps = (await readChecked(invocation, flags)).map(describe);
  await print(json ? `${JSON.stringify({ apps }, undefined, 2)}\n` : apps.map(render).join('\n'));
  return 0;
}

function describe({ name, script, args, cwd, options, mapping }: Pm2App) {
  const fields = mapping.map(({ field, value, treatment, ours }) => ({
    field,
    value: shown(field, value),
    treatment,
    ours,
  }));
  return { name, script, args, cwd, fields, options };
}

/** What stands in `env` is the app's own business, and often a secret under a harmless name. */
function shown(field: string, value: unknown): unknown {
  if (!/^(env|kf)/.test(field) || typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => {
      if (name === 'env') return [name, shown('env', one)];
      return [name, field === 'kf' ? one : name.startsWith('OTEL_') ? redact(name, String(one)) : REDACTED];
    }),
  );
}

function render({ name, script, args, fields, options }: ReturnType<typeof describe>): string {
  const rows = fields.map(({ field, value, treatment, ours }) => [field, JSON.stringify(value), treatment, ours]);
  const widths = [0, 1, 2].map((i) => Math.min(40, Math.max(...rows.map((row) => row[i]?.length ?? 0))));
  const lines = rows.map((row) => `  ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')}`.trimEnd());
  const given = Object.entries(options).map(([key, value]) => `  ${key} = ${JSON.stringify(value)}`);
  return [
    `app ${name}`,
    `  ${[script, ...args].join(' ')}`,
    ...lines,
    '  options',
    ...given.map((line) => `  ${line}`),
    '',
  ].join('\n');
}
