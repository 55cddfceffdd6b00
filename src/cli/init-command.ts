import { existsSync, writeFileSync } from 'node:fs';
import { isAbsolute, relative, resolve } from 'node:path';
import { nodeFs } from '../config/node-fs.js';
import { locateScript } from '../config/script.js';
import { EXIT, KfError } from '../contract/errors.js';
import { readEcosystem } from '../platforms/pm2/ecosystem/read-ecosystem.js';
import { ecosystemText, ownConfigText } from './init-texts.js';
import type { Invocation } from './invocation.js';
import { print } from './print.js';

/** What `kf-cluster init` is asked for beside the script. */
export interface InitFlags {
  readonly what: string;
  /** An ecosystem file of pm2. */
  readonly from: string | undefined;
}

/** `kf-cluster init pm2 app.js` and `kf-cluster init config --from ecosystem.config.js`. Never overwrites a file. */
export async function init(invocation: Invocation, { what, from }: InitFlags): Promise<number> {
  if (what === 'pm2') return initPm2(invocation);
  if (what === 'config') return initConfig(invocation, from);
  const fix = 'kf-cluster init pm2 app.js, or kf-cluster init config --from ecosystem.config.js';
  throw new KfError('BAD_FLAG', `init cannot write "${what}"`, 'expected pm2 or config', { fix });
}

async function initPm2({ script, cwd }: Invocation): Promise<number> {
  const found = locateScript(script, cwd, nodeFs);
  return write(
    resolve(cwd, 'ecosystem.config.cjs'),
    ecosystemText(relative(cwd, found)),
    'pm2 start ecosystem.config.cjs',
  );
}

async function initConfig({ cwd, environment }: Invocation, from: string | undefined): Promise<number> {
  const file = from ?? 'ecosystem.config.js';
  const apps = await readEcosystem({ file, cwd, environment });
  const [app] = apps;
  if (apps.length > 1) {
    const names = apps.map(({ name }) => name).join(', ');
    throw new KfError(
      'BAD_FLAG',
      `${file} holds ${apps.length} apps: ${names}`,
      'a config file of ours is for one app',
      {
        fix: `Run the file as it is: kf-cluster start ${file}`,
      },
    );
  }
  const script = isAbsolute(app!.script) ? relative(cwd, app!.script) : app!.script;
  const start = ['kf-cluster start', script, ...(app!.args.length > 0 ? ['--', ...app!.args] : [])].join(' ');
  return write(resolve(cwd, 'kf-cluster.config.mjs'), ownConfigText(app!, environment), start);
}

async function write(file: string, text: string, next: string): Promise<number> {
  if (existsSync(file)) {
    const fix = 'Move it away first.';
    throw new KfError('BAD_CALL', `${file} is there already`, 'init overwrites nothing', { fix });
  }
  writeFileSync(file, text);
  await print(`${file}\nnext: ${next}\n`);
  return EXIT.ok;
}
