import { resolve } from 'node:path';
import { loadConfig, loadOptions } from '../config/load-options.js';
import { wantsColor } from '../contract/color.js';
import { KfError } from '../contract/errors.js';
import { stderrLog } from '../contract/log.js';
import { endProcess } from '../run/end-process.js';
import { refuseEcosystemFile } from './ecosystem-flags.js';
import type { Invocation } from './invocation.js';

/** `kf-cluster dev`: as start, with the embedded receiver; its traces go to stdout. */
export async function runDev(invocation: Invocation, argv: Record<string, unknown>): Promise<number> {
  refuseEcosystemFile('dev', invocation.script);
  const pagePort = portOf(argv['page-port']);
  const options = {
    page: argv.page !== false,
    ...(pagePort !== undefined && { pagePort }),
    ...(argv.record !== undefined && { record: resolve(invocation.cwd, String(argv.record)) }),
  };
  const { dev, listenOnly } = await import('../dev/dev.js');
  const { devOutput } = await import('../dev/terminal-out.js');
  const io = { stdout: devOutput(), color: wantsColor(process.stdout, process.env) };
  if (argv['listen-only'] === true) {
    if (invocation.script !== undefined) {
      throw new KfError('BAD_FLAG', '--listen-only with an app', 'it runs none', { fix: 'Leave one of the two out.' });
    }
    const { values } = (await loadOptions(invocation)).resolved;
    const log = stderrLog({
      logFormat: values['log-format'],
      logLevel: values['log-level'],
      color: invocation.color === true,
    });
    return endProcess(await listenOnly(log, io, options));
  }
  const { config, loaded } = await loadConfig(invocation);
  const log = stderrLog(config);
  for (const warning of loaded.warnings) log.warn(warning);
  // Logs are there to be looked at, as the traces are; --no-capture-logs and OTEL_LOGS_EXPORTER=none leave them out.
  const captureLogs = config.captureLogs || loaded.resolved.sources['capture-logs'].layer === 'default';
  return endProcess(await dev({ ...config, captureLogs }, log, io, options));
}

function portOf(given: unknown): number | undefined {
  if (given === undefined) return undefined;
  const port = Number(given);
  if (/^\d{1,5}$/.test(String(given)) && port < 65_536) return port;
  throw new KfError('BAD_FLAG', `--page-port is ${given}`, 'expected a port, 0 to 65535', {
    fix: 'Write --page-port 4319, or 0 for any free one.',
  });
}
