import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Contender } from './contender.js';
import { environment, type Tracing } from './environment.js';
import { forksOf } from './proc.js';
import { path, run } from './program.js';

/** With our hooks in each of its workers, as docs/PM2.md says. */
export function pm2WithPreload(): Contender {
  const form = ['--node-args', `--import ${path('dist/bundle/pm2.js')}`, '--wait-ready', '--kill-timeout', '15000'];
  return pm2({ sdk: false, serverSpan: 'auto' }, 'pm2 + kf-cluster/pm2', form);
}

/**
 * pm2 in cluster mode, cold: each start brings up a daemon of its own.
 *
 * @param flags for its `start`
 */
export function pm2(tracing: Tracing, name = 'pm2', flags: readonly string[] = []): Contender {
  return {
    name,
    start: async (setting) => {
      const home = mkdtempSync(join(tmpdir(), 'bench-pm2-'));
      const env = { ...environment(setting, tracing), PM2_HOME: home };
      const call = (...args: string[]) => run(process.execPath, [path('node_modules/pm2/bin/pm2'), ...args], env);
      const app = path('bench/apps/app.cjs');
      const start = call('start', app, '--name', 'bench', '-i', String(setting.workers), ...flags);
      const primary = () => Number(readFileSync(join(home, 'pm2.pid'), 'utf8'));
      return {
        primary,
        workers: () => forksOf(primary()),
        allListening: async () => {
          await start.exited;
          // The command ends when the workers run, which is before they listen.
          while (listeners(join(home, 'logs')) < setting.workers) await delay(10);
        },
        reload: async () => {
          const code = await call('reload', 'bench').exited;
          if (code !== 0) throw new Error(`pm2 reload ended with ${code}`);
        },
        stop: async () => {
          await start.exited;
          await call('delete', 'bench').exited;
          await call('kill').exited;
          rmSync(home, { recursive: true, force: true });
        },
      };
    },
  };
}

/** How many workers have said so in the files that pm2 puts their output in. */
function listeners(logs: string): number {
  const texts = readdirSync(logs).map((file) => readFileSync(join(logs, file), 'utf8'));
  return texts.reduce((sum, text) => sum + (text.match(/^listening /gm)?.length ?? 0), 0);
}
