import { KfError } from '../../contract/errors.js';
import { gunicornSetting } from './gunicorn-settings.js';

/**
 * What is said to a flag in Gunicorn's spelling, from the table of docs/GUNICORN.md; undefined when it is none of its.
 *
 * @param flag without its dashes
 */
export function gunicornAnswer(flag: string): KfError | undefined {
  const known = gunicornSetting(flag);
  if (!known) return undefined;
  const why = [known.ours && `here it is ${known.ours}`, known.note].filter(Boolean).join('. ');
  const dashed = `${flag.length === 1 ? '-' : '--'}${flag}`;
  return new KfError('UNKNOWN_FLAG', `${dashed} is a setting of Gunicorn`, why, { fix: fixOf(known.ours) });
}

function fixOf(ours: string): string {
  const all = 'docs/GUNICORN.md has every setting.';
  if (ours === 'PORT, HOST') return `PORT=8000 kf-cluster start app.js; ${all}`;
  return ours === '' ? `Leave it out; ${all}` : `Use ${ours}; ${all}`;
}

/** Flags that pm2 has by the same name, and the values that only Gunicorn's can have. */
const VALUES: Readonly<Record<string, RegExp>> = {
  '-e': /^[A-Za-z_]\w*=/,
  '--env': /^[A-Za-z_]\w*=/,
  '-k': /^[a-z_][\w.]*$/i,
  '-m': /^(0o?)?[0-7]{3}$/,
};

/**
 * The same for a flag that is pm2's as well, when its value is none for pm2.
 *
 * @param word as it is typed, `-e` or `--env=A=b`
 */
export function gunicornAnswerTo(word: string, value: string | undefined): KfError | undefined {
  const [flag = ''] = word.split('=');
  const form = Object.hasOwn(VALUES, flag) ? VALUES[flag] : undefined;
  return value !== undefined && form?.test(value) ? gunicornAnswer(flag.replace(/^-+/, '')) : undefined;
}
