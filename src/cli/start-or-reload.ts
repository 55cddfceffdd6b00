import { KfError } from '../contract/errors.js';
import { appNames } from '../platforms/pm2/ecosystem/read-ecosystem.js';
import { readChecked } from './ecosystem-command.js';
import { startInBackground } from './ecosystem-daemon.js';
import type { EcosystemFlags } from './ecosystem-flags.js';
import type { Invocation } from './invocation.js';
import { reloadOne } from './reload-command.js';
import { allRemotes } from './remote.js';
import { withEach } from './targets.js';

/**
 * `kf-cluster start-or-reload FILE`: reloads those apps of an ecosystem file that run, and starts the others in the
 * background. What a deploy script calls.
 *
 * @returns the first exit code that is not 0
 */
export async function startOrReload(invocation: Invocation, flags: EcosystemFlags): Promise<number> {
  const { script: file, cwd, environment } = invocation;
  if (file === undefined) {
    const fix = 'kf-cluster start-or-reload ecosystem.config.js';
    throw new KfError('SCRIPT_MISSING', 'no ecosystem file given', 'the file is the first argument', { fix });
  }
  const names = await appNames({ file, cwd, environment, ...flags });
  const running = (await allRemotes()).filter(({ identity }) => names.includes(identity.name));
  const reloaded = running.length === 0 ? 0 : await withEach(running, (one) => reloadOne(one, false, true));
  const missing = names.filter((name) => !running.some(({ identity }) => identity.name === name));
  if (missing.length === 0) return reloaded;
  const apps = await readChecked(invocation, { ...flags, only: missing.join(',') });
  const wanted = apps.filter(({ launch }) => launch.autostart !== false);
  for (const warning of wanted.flatMap((app) => app.warnings)) process.stderr.write(`warning: ${warning}\n`);
  if (wanted.length === 0) return reloaded;
  const words = [
    'start',
    file,
    `--only=${missing.join(',')}`,
    ...(flags.env === undefined ? [] : [`--env=${flags.env}`]),
  ];
  const started = await startInBackground(wanted, invocation, words);
  return reloaded || started;
}
