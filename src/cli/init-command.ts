import { existsSync, writeFileSync } from 'node:fs';
import { isAbsolute, relative, resolve } from 'node:path';
import { EXIT, KfError } from '../contract/errors.js';
import { readEcosystem } from '../platforms/pm2/ecosystem/read-ecosystem.js';
import { collectorFile, dockerFiles, kubernetesFile, type Written } from './init-platforms.js';
import { ecosystemText, ownConfigText, systemdText } from './init-texts.js';
import { installedBin } from './installed-bin.js';
import type { Invocation } from './invocation.js';
import { print } from './print.js';
import { installFirst, startedBy } from './started-by.js';

/** What `kf-cluster init` is asked for beside the script. */
interface InitFlags {
  readonly what: string;
  /** An ecosystem file of pm2. */
  readonly from: string | undefined;
  /** Where the pods of `init kubernetes` send to. */
  readonly target?: string | undefined;
}

/** `kf-cluster init pm2 app.js`, `init systemd app.js` and `init config --from ecosystem.config.js`. Never overwrites a file. */
export async function init(invocation: Invocation, { what, from, target }: InitFlags): Promise<number> {
  if (what === 'pm2') return initPm2(invocation);
  if (what === 'systemd') return initSystemd(invocation);
  if (what === 'config') return initConfig(invocation, from);
  if (what === 'collector') return writeAll([collectorFile(invocation)]);
  if (what === 'docker') return writeAll(await dockerFiles(invocation));
  if (what === 'kubernetes') return writeAll([await kubernetesFile(invocation, target)]);
  const fix = 'kf-cluster init docker app.js, kf-cluster init pm2 app.js, ...; kf-cluster init --help shows all.';
  throw new KfError(
    'BAD_FLAG',
    `init cannot write "${what}"`,
    'expected pm2, systemd, config, docker, kubernetes or collector',
    { fix },
  );
}

async function initPm2(invocation: Invocation): Promise<number> {
  const file = resolve(invocation.cwd, 'ecosystem.config.cjs');
  const next = `${installFirst(invocation.cwd)}pm2 start ecosystem.config.cjs`;
  return write(file, ecosystemText(await startedBy(invocation, NAMED)), next);
}

async function initSystemd(invocation: Invocation): Promise<number> {
  const { cwd, environment } = invocation;
  const started = await startedBy(invocation, NAMED);
  const unit = started.name.replaceAll(/[^\w.@+-]/g, '_');
  const file = resolve(cwd, `${unit}.service`);
  const user = environment.SUDO_USER ?? environment.USER ?? 'root';
  const { bin, first } = installedBin(cwd);
  const facts = { unit, cwd, node: process.execPath, bin, user };
  const next = `${first}sudo cp ${file} /etc/systemd/system/ && sudo systemctl enable --now ${unit}`;
  return write(file, systemdText(started, facts), next);
}

/** These are in the file anyway. */
const NAMED = ['name', 'drain-timeout', 'flush-timeout'] as const;

/** Where no --from says another. */
const ECOSYSTEMS = ['ecosystem.config.js', 'ecosystem.config.cjs', 'ecosystem.config.mjs', 'ecosystem.json'];

async function initConfig({ cwd, environment }: Invocation, from: string | undefined): Promise<number> {
  const file = from ?? ECOSYSTEMS.find((name) => existsSync(resolve(cwd, name)));
  if (file === undefined) {
    const why = `it has none of ${ECOSYSTEMS.join(', ')}`;
    const fix =
      'Name the file: kf-cluster init config --from FILE. Without pm2, kf-cluster.config.mjs is written by hand.';
    throw new KfError('CONFIG_NOT_FOUND', `no ecosystem file of pm2 in ${cwd}`, why, { fix });
  }
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

async function writeAll(files: readonly Written[]): Promise<number> {
  let code: number = EXIT.ok;
  for (const { file, text, next } of files) code = await write(file, text, next);
  return code;
}

async function write(file: string, text: string, next: string): Promise<number> {
  if (existsSync(file)) {
    const fix = 'Move it away first.';
    throw new KfError('BAD_CALL', `${file} is there already`, 'init overwrites nothing', { fix });
  }
  writeFileSync(file, text);
  await print(next === '' ? `${file}\n` : `${file}\nnext: ${next}\n`);
  return EXIT.ok;
}
