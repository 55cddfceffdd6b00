import { KfError } from '../contract/errors.js';
import { messageOf } from '../contract/system-error.js';
import { parseFormat } from './access-log-format.js';
import { nodeFs } from './node-fs.js';
import type { OptionValues } from './options.js';
import { trustedProxies } from './trusted-proxies.js';

/** @throws KfError CONFIG_INVALID for a path to watch where nothing is. */
export function checkWatchPaths(paths: readonly string[] = [], name: string): void {
  const gone = paths.find((path) => nodeFs.kind(path) === undefined);
  if (gone === undefined) return;
  throw new KfError('CONFIG_INVALID', `${name}: nothing is at ${gone}`, 'expected a file or a directory', {
    fix: 'Correct the path; patterns belong to --watch-ignore.',
  });
}

/** @throws KfError CONFIG_INVALID for what is no cron expression. */
export async function checkCron(expression: string | undefined, name: string): Promise<void> {
  if (expression === undefined) return;
  const { Cron } = await import('croner');
  try {
    new Cron(expression, { paused: true }).stop();
  } catch (error) {
    throw new KfError('CONFIG_INVALID', `${name} is ${JSON.stringify(expression)}`, messageOf(error), {
      fix: 'Give minute, hour, day of month, month and day of week, such as "0 4 * * *".',
    });
  }
}

/** @throws KfError CONFIG_INVALID: without a file there is nothing to note a start in. */
export function checkJournalStarts(values: Pick<OptionValues, 'delivery' | 'journal-starts'>): void {
  if (!values['journal-starts'] || values.delivery !== 'memory') return;
  throw new KfError(
    'CONFIG_INVALID',
    '--journal-starts is not possible with --delivery memory',
    'starts are noted on disk, and this delivery writes nothing',
    { fix: 'Use --delivery spool or journal, or leave --journal-starts out.' },
  );
}

/** @throws KfError CONFIG_INVALID for what is no regular expression. */
export function checkPatterns(patterns: readonly string[] = [], name: string): void {
  for (const pattern of patterns) {
    try {
      new RegExp(pattern);
    } catch (error) {
      throw new KfError('CONFIG_INVALID', `${name} has ${JSON.stringify(pattern)}`, messageOf(error), {
        fix: 'Give a regular expression of JavaScript, such as ^/health; the flag may be repeated, a variable has commas.',
      });
    }
  }
}

/** @throws KfError BAD_FLAG: node:net takes `reusePort` from 22.12 on, and ignores it before. */
export function checkScheduling(scheduling: string | undefined, version: string): void {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (scheduling !== 'reuseport' || major > 22 || (major === 22 && minor >= 12)) return;
  throw new KfError(
    'BAD_FLAG',
    '--scheduling reuseport is not possible here',
    `it needs Node 22.12, this is ${version}`,
    {
      fix: 'Use --scheduling shared, or a newer Node.',
    },
  );
}

/** @throws KfError CONFIG_INVALID for a format or a proxy of the access log that is none. */
export function checkAccessLog(values: Pick<OptionValues, 'access-log-format' | 'access-log-trust'>): void {
  parseFormat(values['access-log-format']);
  trustedProxies(values['access-log-trust'] ?? []);
}
