import { KfError } from '../contract/errors.js';
import { visible } from '../contract/visible.js';

/**
 * A name as it came. It stands in lines of the log, in lists and on terminals.
 *
 * @param source who said it; undefined when it was taken from package.json or the script
 * @throws KfError CONFIG_INVALID for one that holds a line end or another control character
 */
export function checkName(name: string, source: string | undefined): string {
  if (visible(name) === name && !name.includes('\t')) return name;
  throw new KfError(
    'CONFIG_INVALID',
    `the name ${JSON.stringify(name)} cannot be used`,
    `${source ?? 'package.json or the file name of the script'} has a line end or another control character in it`,
    { fix: 'Give it a plain name with --name.' },
  );
}
