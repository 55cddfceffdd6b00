import { toKfError } from '../contract/errors.js';
import { type LoadInput, loadConfig } from './load-options.js';
import type { ReaderAnswer } from './reread.js';

// Runs in a process of its own: reads one configuration, answers and ends.
process.once('message', async (input: LoadInput) => {
  process.send?.(await answer(input), () => process.disconnect());
});

async function answer(input: LoadInput): Promise<ReaderAnswer> {
  try {
    const { config, loaded } = await loadConfig(input);
    return { config, configFile: loaded.configFile, warnings: loaded.warnings };
  } catch (error) {
    const { code, message, why, fix } = toKfError(error);
    return { error: { code, what: message, why, fix } };
  }
}
