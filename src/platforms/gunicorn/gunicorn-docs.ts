import { GUNICORN_SETTINGS } from './gunicorn-settings.js';

/** docs/GUNICORN.md: every setting and signal of Gunicorn, and what stands for it here. */
export function gunicornMarkdown(): string {
  const rows = GUNICORN_SETTINGS.map(({ name, flags, ours, note }) => {
    const dashed = flags.map((flag) => `\`${flag.length === 1 ? '-' : '--'}${flag}\``).join(', ');
    return `| \`${name}\` | ${dashed || '-'} | ${ours ? `\`${ours}\`` : '-'} | ${note} |`;
  });
  return `${[...BEFORE, ...rows, ...AFTER].join('\n')}\n`;
}

const BEFORE = [
  '# Gunicorn',
  '',
  '<!-- Generated from the table of settings by `npm run docs`. Do not edit. -->',
  '',
  "Every setting and signal of Gunicorn 23, and what does it here. A flag in Gunicorn's spelling that is not ours is answered with",
  'the row of this table. A duration has its unit here: `--timeout 30` is `--hang-timeout 30s`.',
  '',
  '```sh',
  'gunicorn -w 4 -b 0.0.0.0:8000 --timeout 30 --graceful-timeout 20 app:app',
  'PORT=8000 kf-cluster start app.js -w 4 --hang-timeout 30s --drain-timeout 20s',
  '```',
  '',
  '## Settings',
  '',
  '| Gunicorn | Flags | kf-cluster | Note |',
  '| --- | --- | --- | --- |',
];

const AFTER = [
  '',
  '## Signals',
  '',
  '| Signal | Gunicorn | kf-cluster |',
  '| --- | --- | --- |',
  '| TERM | graceful shutdown | the same |',
  '| INT | quick shutdown | graceful; a second one is quick, a third kills |',
  '| QUIT | quick shutdown | the same, with a flush of 1 s at most |',
  '| HUP | reads the configuration, starts new workers, ends the old ones | the same, a canary first; `kf-cluster reload` also waits and has an exit code |',
  '| TTIN, TTOU | one worker more, one fewer | the same |',
  "| USR1 | opens the log files anew | Node's inspector; `kf-cluster logs --reopen`, or USR2 |",
  '| USR2 | starts a new Gunicorn beside the old one | opens the log file anew; a new kf-cluster is a new start, see [UPGRADE](UPGRADE.md) |',
  '| WINCH | ends the workers of a daemon | nothing |',
  '| TERM to a worker | graceful end of that worker | the same; another is forked into its slot |',
];
