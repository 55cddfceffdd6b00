import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { BUILD } from '../contract/build-id.js';
import type { Log } from '../contract/log.js';
import { eventLog } from '../contract/log-events.js';

/** A release may bring a kf-cluster of its own. Its workers run on that of their supervisor, which is logged. */
export function warnOfOtherVersion(script: string, log: Log): void {
  const version = versionSeenFrom(script);
  if (version === undefined || version === BUILD.split('+')[0]) return;
  eventLog(log, 'other-release', { version }).info(
    `the release has kf-cluster ${version}; its workers run on ${BUILD}, as their supervisor does`,
    {
      fix: 'Start the supervisor again to take it; see docs/UPGRADE.md',
    },
  );
}

function versionSeenFrom(script: string): string | undefined {
  try {
    const file = createRequire(script).resolve('kf-cluster/package.json');
    return String(JSON.parse(readFileSync(file, 'utf8')).version);
  } catch {
    return undefined; // it has none, as where kf-cluster is installed for all
  }
}
