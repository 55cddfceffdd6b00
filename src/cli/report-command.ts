import { existsSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { LogLine } from '../contract/control-protocol.js';
import { EXIT, KfError } from '../contract/errors.js';
import { call } from '../control/client.js';
import { describeConfig } from '../control/describe-config.js';
import { listSupervisors } from '../control/find-supervisor.js';
import { examine } from '../diagnose/doctor.js';
import type { Facts } from '../diagnose/facts.js';
import { archive } from '../diagnose/report/archive.js';
import { gatherReport, type Live } from '../diagnose/report/gather.js';
import type { Invocation } from './invocation.js';
import { print } from './print.js';

/** `kf-cluster report [script] [--out FILE]`: everything that a support request needs in one file, and no secret. */
export async function report(invocation: Invocation, argv: Readonly<Record<string, unknown>>): Promise<number> {
  const file = resolve(invocation.cwd, argv.out?.toString() ?? 'kf-cluster-report.tar.gz');
  if (existsSync(file)) {
    const fix = 'Move it away, or name another file: --out FILE';
    throw new KfError('BAD_CALL', `${file} is there already`, 'report overwrites nothing', { fix });
  }
  const { report: doctor, facts } = await examine(invocation, { offline: argv.offline === true });
  const live = argv.logs === false ? undefined : await askRunning(facts);
  const files = await gatherReport(facts, doctor, live, describeConfig);
  for (const [name, text] of Object.entries(files)) refuseSecrets(name, text, facts);
  writeFileSync(file, archive(files), { mode: 0o600, flag: 'wx' });
  await print(`${file}\n${Object.keys(files).join(', ')}\n`);
  return EXIT.ok;
}

/** @throws KfError REFUSED naming where the secret comes from, never the secret */
function refuseSecrets(name: string, text: string, { secrets }: Facts): void {
  const from = secrets.find(text);
  if (from === undefined) return;
  throw new KfError('REFUSED', `no report is written: ${name} holds what ${from} says`, 'it is a secret', {
    fix:
      name === 'log.txt'
        ? 'The app has logged it: leave the log out with --no-logs.'
        : 'This is a defect of kf-cluster: please report it with this text.',
  });
}

/** The supervisor of this app, if one runs. One that does not answer shows by what is missing. */
async function askRunning({ loaded }: Facts): Promise<Live | undefined> {
  const found = (await listSupervisors()).find(({ identity }) => identity?.name === loaded?.name);
  if (!found) return undefined;
  const lines: LogLine[] = [];
  try {
    const status = await call(found.path, { path: '/v1/status', patience: 1_000 });
    const config = await call(found.path, { path: '/v1/config', patience: 1_000 });
    await call<void, LogLine>(found.path, {
      path: '/v1/logs?lines=200',
      patience: 1_000,
      onLine: (line) => void lines.push(line),
    });
    return { status, config, lines };
  } catch (error) {
    if (error instanceof KfError) return { status: { error: error.message, why: error.why }, config: null, lines };
    throw error;
  }
}
