import { KfError } from '../contract/errors.js';
import { appNames, isEcosystemFile } from '../platforms/pm2/ecosystem/read-ecosystem.js';
import { type Argument, allRemotes, type Remote } from './remote.js';

/**
 * The supervisors that run the apps of an ecosystem file, chosen by `--only`; undefined when `given` is no such file.
 * Those that do not run are named on stderr.
 *
 * @throws KfError NOT_RUNNING when none of them runs, CONFIG_*, BAD_FLAG
 */
export async function appsThatRun(given: string, argv: Argument): Promise<readonly Remote[] | undefined> {
  if (!isEcosystemFile(given)) return undefined;
  const names = await appNames({
    file: given,
    cwd: process.cwd(),
    environment: process.env,
    only: argv.only?.toString(),
    env: argv.env?.toString(),
  });
  const running = await allRemotes();
  const found = names.flatMap((name) => running.filter(({ identity }) => identity.name === name));
  const missing = names.filter((name) => !running.some(({ identity }) => identity.name === name));
  if (found.length > 0 && missing.length > 0) {
    process.stderr.write(`${missing.join(', ')}: does not run; kf-cluster start-or-reload ${given} starts it too\n`);
  }
  if (found.length > 0) return found;
  const others = running.map(({ identity }) => identity.name).join(', ') || 'none';
  throw new KfError(
    'NOT_RUNNING',
    `no app of ${given} runs`,
    `its apps are ${names.join(', ')}; these run: ${others}`,
    {
      fix: `Start them: kf-cluster start ${given} --daemon`,
    },
  );
}
