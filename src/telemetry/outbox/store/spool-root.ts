import { type Distrust, distrustOf } from '../../../system/trusted-dir.js';

/** The spool directory is not this user's alone. */
export class NotOwn extends Error {
  override readonly name = 'NotOwn';
  readonly fix: string;

  constructor({ why, fix }: Distrust) {
    super(why);
    this.fix = `${fix} Or name one inside it, or another: --spool-dir`;
  }
}

/** Who can write there can have anything sent in our name. Throws NotOwn, and what the disk throws. */
export function expectOwn(root: string): void {
  const distrust = distrustOf(root);
  if (distrust) throw new NotOwn(distrust);
}
