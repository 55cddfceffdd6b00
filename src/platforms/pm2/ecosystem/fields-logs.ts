import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Pm2Field } from './pm2-field.js';

/** pm2's words for nowhere. */
const NOWHERE = new Set(['NULL', '/dev/null']);

/** Where output goes and how it looks. */
export const LOG_FIELDS = [
  {
    name: 'out_file',
    aliases: ['out', 'output', 'out_log'],
    types: ['string'],
    treatment: 'honoured',
    ours: 'a file for stdout',
    doc: 'Appended to. Without it stdout goes to ours, not to a file under ~/.pm2.',
    take: (value: string, { launch, cwd }) => {
      launch.out = fileOf(value, cwd);
    },
  },
  {
    name: 'error_file',
    aliases: ['error', 'err', 'err_file', 'err_log'],
    types: ['string'],
    treatment: 'honoured',
    ours: 'a file for stderr',
    doc: "Also holds the supervisor's own lines.",
    take: (value: string, { launch, cwd }) => {
      launch.err = fileOf(value, cwd);
    },
  },
  {
    name: 'log_file',
    aliases: ['log'],
    types: ['boolean', 'string'],
    treatment: 'honoured',
    ours: 'a file for both',
    doc: 'Beside the other two. true is ignored: there is no folder of ours to put it in.',
    take: (value: boolean | string, { launch, cwd, warnings }) => {
      if (value === true) warnings.push({ field: 'log_file', text: 'is true; expected the path of a file' });
      const file = typeof value === 'string' ? fileOf(value, cwd) : null;
      if (file) launch.combined = file;
    },
  },
  {
    name: 'disable_logs',
    types: ['boolean'],
    treatment: 'honoured',
    ours: 'no output',
    doc: 'Both streams are thrown away.',
    take: (value: boolean, { launch }) => {
      if (value) Object.assign(launch, { out: null, err: null });
    },
  },
  {
    name: 'merge_logs',
    aliases: ['combine_logs'],
    types: ['boolean'],
    treatment: 'ignored',
    ours: '',
    doc: 'false is not possible: the workers of one app write to one file.',
    harmless: [true],
  },
  {
    name: 'log_date_format',
    types: ['string'],
    treatment: 'honoured',
    ours: 'a date in front of each line',
    doc: 'Tokens of day.js: YYYY MM DD HH mm ss SSS Z and the like.',
    take: (value: string, { launch }) => {
      launch.dateFormat = value;
    },
  },
  {
    name: 'time',
    types: ['boolean'],
    treatment: 'honoured',
    ours: 'a date in front of each line',
    doc: '`YYYY-MM-DDTHH:mm:ss`.',
    take: (value: boolean, { launch }) => {
      if (value) launch.dateFormat = 'YYYY-MM-DDTHH:mm:ss';
    },
  },
  {
    name: 'log_type',
    types: ['string'],
    treatment: 'honoured',
    ours: 'lines of JSON',
    doc: '`json`: message, timestamp, type and app_name. Nothing else is a type.',
    take: (value: string, { launch, problems }) => {
      if (value === 'json') launch.json = true;
      else problems.push({ field: 'log_type', text: `is ${JSON.stringify(value)}; expected "json"` });
    },
  },
  {
    name: 'pid_file',
    aliases: ['pid'],
    types: ['string'],
    treatment: 'honoured',
    ours: 'a file with the pid of the supervisor',
    doc: 'Removed at the end.',
    take: (value: string, { launch, cwd }) => {
      const file = fileOf(value, cwd);
      if (file) launch.pidFile = file;
    },
  },
] as const satisfies readonly Pm2Field[];

function fileOf(value: string, cwd: string): string | null {
  if (NOWHERE.has(value)) return null;
  return resolve(cwd, value.startsWith('~/') ? join(homedir(), value.slice(2)) : value);
}
