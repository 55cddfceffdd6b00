import { createRequire } from 'node:module';
import { basename, isAbsolute, join, resolve } from 'node:path';
import { STARTERS } from '../../../config/starters.js';
import { codeOf } from '../../../contract/system-error.js';
import type { Draft, Pm2Field } from './pm2-field.js';

/** What runs the script. */
export const INTERPRETER_FIELDS = [
  {
    name: 'exec_interpreter',
    aliases: ['interpreter'],
    types: ['string'],
    treatment: 'honoured',
    ours: 'the node of supervisor and workers; another program',
    doc: '`node` or the path of one; `tsx`, `ts-node` and `swc-node` are `--node-args`. Any other program runs the script as a process without cluster and telemetry; see below. `node@18` is refused: name the path of that node.',
    take: takeInterpreter,
  },
  {
    name: 'node_args',
    aliases: ['interpreterArgs', 'interpreter_args'],
    types: ['array', 'string'],
    treatment: 'honoured',
    readBy: 'pm2-app.ts',
    ours: '--node-args',
    doc: 'For the workers, not for their supervisor.',
  },
  {
    name: 'source_map_support',
    types: ['boolean'],
    treatment: 'honoured',
    readBy: 'pm2-app.ts',
    ours: '--node-args=--enable-source-maps',
    doc: 'On by default, as under pm2.',
  },
  {
    name: 'disable_source_map_support',
    types: ['boolean'],
    treatment: 'honoured',
    readBy: 'pm2-app.ts',
    ours: '--node-args',
    doc: 'Takes `--enable-source-maps` away.',
  },
] as const satisfies readonly Pm2Field[];

function takeInterpreter(value: string, draft: Draft): void {
  const { launch, cwd, problems, nodeArgs } = draft;
  if (value.trim() === '') return; // as under pm2: the ending of the script decides
  const version = /^node@(.+)$/.exec(value)?.[1];
  if (version !== undefined) {
    const text = `is "${value}", which pm2 gets by nvm; expected the path of that node, as \`nvm which ${version}\` prints it`;
    problems.push({ field: 'interpreter', text });
    return;
  }
  const name = basename(value);
  const starter = Object.hasOwn(STARTERS, name) ? STARTERS[name] : undefined;
  if (starter && 'nodeArgs' in starter) {
    nodeArgs.push(...starter.nodeArgs);
    const [, module = ''] = starter.nodeArgs;
    const text = `is "${value}", and there is no ${module} in ${cwd}; expected it to be installed there: npm i -D ${name}`;
    if (isMissing(module, cwd)) problems.push({ field: 'interpreter', text });
  } else if (!/^node(\d*)(\.exe)?$/.test(name)) draft.interpreter = value;
  else if (value !== 'node') launch.node = isAbsolute(value) || !value.includes('/') ? value : resolve(cwd, value);
}

/** Whether Node finds no such module from there. One that may only be imported is there too. */
function isMissing(module: string, cwd: string): boolean {
  try {
    createRequire(join(cwd, 'app.js')).resolve(module);
    return false;
  } catch (error) {
    return codeOf(error) === 'MODULE_NOT_FOUND';
  }
}
