import { KfError } from '../../contract/errors.js';
import { gunicornAnswerTo } from '../gunicorn/gunicorn-answer.js';
import {
  PM2_LIST_FLAGS,
  PM2_LOGS_FLAGS,
  PM2_RELOAD_FLAGS,
  PM2_START_FLAGS,
  PM2_STOP_FLAGS,
  type Pm2Flag,
} from './pm2-flags.js';
import { PM2_VERBS } from './verbs.js';

const FLAGS: Readonly<Record<string, Readonly<Record<string, Pm2Flag>>>> = {
  ...{ start: PM2_START_FLAGS, dev: PM2_START_FLAGS, config: PM2_START_FLAGS, init: PM2_START_FLAGS },
  logs: PM2_LOGS_FLAGS,
  reload: PM2_RELOAD_FLAGS,
  restart: PM2_RELOAD_FLAGS,
  stop: PM2_STOP_FLAGS,
  scale: PM2_LIST_FLAGS,
  list: PM2_LIST_FLAGS,
  ls: PM2_LIST_FLAGS,
  ps: PM2_LIST_FLAGS,
  status: PM2_LIST_FLAGS,
  describe: PM2_LIST_FLAGS,
};

/**
 * A command line in pm2's words, in ours. What means the same is translated; what stands behind `--` is the app's.
 *
 * @throws KfError UNKNOWN_FLAG that names ours for what does not mean the same, BAD_FLAG for a value that is none
 */
export function fromPm2(args: readonly string[]): string[] {
  const end = args.indexOf('--');
  const words = withVerb(end === -1 ? args : args.slice(0, end));
  const rest = end === -1 ? [] : args.slice(end);
  const flags = FLAGS[words[0] ?? ''];
  return [...(flags ? withFlags(words, flags) : words), ...rest];
}

function withVerb([first = '', ...rest]: readonly string[]): string[] {
  const verb = Object.hasOwn(PM2_VERBS, first) ? PM2_VERBS[first] : undefined;
  if (!verb) return first === '' && rest.length === 0 ? [] : [first, ...rest];
  if ('is' in verb) return first === 'help' ? [...rest, '--help'] : [...verb.is, ...rest];
  throw new KfError('UNKNOWN_FLAG', `${first} is a command of pm2`, verb.why, { fix: verb.fix });
}

function withFlags(words: readonly string[], flags: Readonly<Record<string, Pm2Flag>>): string[] {
  const ours: string[] = [];
  const left = [...words];
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    const [, name = '', inline] = /^--?([\w-]+?)(?:=(.*))?$/s.exec(word) ?? [];
    const gunicorn = flags === PM2_START_FLAGS ? gunicornAnswerTo(word, inline ?? left[0]) : undefined;
    if (gunicorn) throw gunicorn;
    const flag = isFlagOf(flags, word, name) ? flags[name] : undefined;
    if (!flag) {
      ours.push(word);
      continue;
    }
    if ('why' in flag) throw new KfError('UNKNOWN_FLAG', `${word} is a flag of pm2`, flag.why, { fix: flag.fix });
    const value = flag.takes === 'nothing' ? '' : takenValue(flag.takes, inline, left);
    if (value === undefined) throw new KfError('BAD_FLAG', `${word} has no value`, 'it needs one');
    const translated = flag.as(value, words);
    if (translated) ours.push(...translated);
    else throw new KfError('BAD_FLAG', `${word.split('=')[0]} is ${JSON.stringify(value)}`, 'expected a number');
  }
  return ours;
}

/** What stands behind a flag, taken off `left`; of numbers as many as there are. */
function takenValue(takes: 'value' | 'numbers', inline: string | undefined, left: string[]): string | undefined {
  const first = inline ?? left.shift();
  if (takes === 'value' || first === undefined) return first;
  const end = left.findIndex((word) => !/^\d+$/.test(word));
  return [first, ...left.splice(0, end < 0 ? left.length : end)].join(',');
}

/** `-i` has one dash and `--instances` two. */
function isFlagOf(flags: Readonly<Record<string, Pm2Flag>>, word: string, name: string): boolean {
  return Object.hasOwn(flags, name) && (name.length === 1) === !word.startsWith('--');
}
