import { isDeepStrictEqual } from 'node:util';
import { FIELD_ROWS } from '../config/options.js';
import type { ConfigReader } from '../config/reread.js';
import type { Config } from '../config/types.js';
import type { Log } from '../contract/log.js';
import type { Reloader } from '../control/control-context.js';
import { createPrimaryHooks, type PrimaryHookRunner } from '../supervisor/primary-hooks.js';
import type { Supervisor } from '../supervisor/supervisor.js';
import { primaryHooks } from './load-primary-hooks.js';
import { warnOfOtherVersion } from './other-version.js';

/** What the primary itself was started with: it is one process from its start to its end. */
const FIXED = FIELD_ROWS.filter(({ fixed }) => fixed).map(({ field }) => field);

export function createReloader(supervisor: Supervisor, reader: ConfigReader, log: Log): Reloader {
  let reading: Promise<unknown> | undefined;
  const preview = async () => {
    const { config, warnings } = await reader.read();
    for (const warning of warnings) log.warn(warning);
    return keepFixed(supervisor.config(), config, log);
  };
  const prepare = async (): Promise<[Config, PrimaryHookRunner]> => {
    const config = await preview();
    warnOfOtherVersion(config.script, log);
    return [config, createPrimaryHooks(await primaryHooks(config, true), config.name, log)];
  };
  return {
    preview,
    reading: () => reading,
    reload: async () => {
      if (reading) return { ok: false, code: 'BUSY', why: 'a reload is reading its configuration' };
      const prepared = prepare().finally(() => {
        reading = undefined;
      });
      reading = prepared.catch(() => undefined);
      const [config, hooks] = await prepared;
      return supervisor.reload(config, hooks);
    },
  };
}

function keepFixed(before: Config, config: Config, log: Log): Config {
  const changed = FIXED.filter((key) => !isDeepStrictEqual(before[key], config[key]));
  if (changed.length > 0) log.warn(`these take effect with the next start: ${changed.join(', ')}`);
  return { ...config, ...Object.fromEntries(FIXED.map((key) => [key, before[key]])) };
}
