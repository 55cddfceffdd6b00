import { envNameOf } from '../config/option-row.js';
import { FIELD_ROWS, ROWS } from '../config/options.js';
import { show } from '../config/resolve.js';
import type { Config } from '../config/types.js';
import type { Change } from '../contract/control-protocol.js';
import { shownProgram } from '../contract/program-words.js';
import { REDACTED, redact } from '../otel-env/redact.js';

interface Entry {
  /** As it is compared. */
  readonly raw: string;
  /** As it may be seen. */
  readonly shown: string;
}

/** A configuration as it may be shown: one entry an option and a variable, in order, secrets redacted. */
export function describeConfig(config: Config): Record<string, string> {
  return Object.fromEntries([...entriesOf(config)].map(([name, { shown }]) => [name, shown]));
}

/** What would change from one configuration to the other. A secret that changes shows that it does, no more. */
export function diffConfigs(before: Config, after: Config): Change[] {
  const [old, next] = [entriesOf(before), entriesOf(after)];
  const names = [...new Set([...old.keys(), ...next.keys()])];
  const fixed = new Set<string>(ROWS.filter((row) => row.fixed).map((row) => row.name));
  return names
    .filter((name) => old.get(name)?.raw !== next.get(name)?.raw)
    .map((name) => ({
      name,
      from: old.get(name)?.shown ?? null,
      to: next.get(name)?.shown ?? null,
      applies: !fixed.has(name),
    }));
}

function entriesOf(config: Config): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  const plain = (name: string, value: string) => entries.set(name, { raw: value, shown: value });
  const { script, args, interpreter } = shownProgram(config);
  plain('script', script);
  if (interpreter !== undefined) plain('interpreter', interpreter);
  plain('cwd', config.cwd);
  if (args.length > 0) plain('args', JSON.stringify(args));
  plain('workers', String(config.workers));
  if (config.hookFiles.length > 0) plain('hooks', config.hookFiles.join(','));
  for (const row of FIELD_ROWS) {
    const value = config[row.field];
    if (value === undefined || value === '') continue;
    const raw = show(row, value);
    entries.set(row.name, { raw, shown: row.secret ? REDACTED : redact(envNameOf(row), raw) });
  }
  for (const [name, raw] of Object.entries(config.env).sort(([one], [other]) => (one < other ? -1 : 1))) {
    // What an env file holds for the app is its own business, and often a secret under a harmless name.
    entries.set(`env.${name}`, { raw, shown: name.startsWith('OTEL_') ? redact(name, raw) : REDACTED });
  }
  return entries;
}
