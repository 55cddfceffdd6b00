import { KfError } from '../contract/errors.js';

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
