import { KfError } from '../contract/errors.js';
import { isEcosystemFile } from '../platforms/pm2/ecosystem/ecosystem-file.js';

/** What stands beside an ecosystem file on the command line. */
export interface EcosystemFlags {
  readonly only?: string | undefined;
  readonly env?: string | undefined;
  /** Refuses fields that nothing is done with, which are else warned of. */
  readonly strict?: boolean | undefined;
}

/** @throws KfError BAD_FLAG: they choose among what an ecosystem file holds */
export function refuseEcosystemFlags(flags: EcosystemFlags): void {
  const given = (['only', 'env', 'strict'] as const).find((name) => flags[name] !== undefined);
  if (given === undefined) return;
  const fix = 'kf-cluster start ecosystem.config.js --only app --env production';
  throw new KfError('BAD_FLAG', `--${given} has no meaning here`, 'it belongs to an ecosystem file of pm2', { fix });
}

/**
 * Of a command that runs one script: Node would run the file itself, which only exports something, and end with 0.
 *
 * @throws KfError BAD_FLAG
 */
export function refuseEcosystemFile(command: string, script: string | undefined): void {
  if (!isEcosystemFile(script)) return;
  const fix = `Name the script of one of its apps; all of them: kf-cluster start ${script}`;
  throw new KfError(
    'BAD_FLAG',
    `${command} ${script}`,
    `it is an ecosystem file of pm2, and ${command} runs one script`,
    { fix },
  );
}
