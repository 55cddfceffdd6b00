import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { kf } from '../helpers/cli.js';
import { BIN, fixture } from '../helpers/cluster.js';
import { get } from '../helpers/http.js';
import { startPm2 } from '../helpers/pm2.js';

test.serial(
  "pm2's daemon is killed: the cluster serves on, can be reloaded, and gives way when it is told to",
  async (t) => {
    const pm2 = startPm2(t);
    const env = { OTEL_TRACES_EXPORTER: 'none' };
    const args = `start ${fixture('apps/http.cjs')} -w 1 --name web`;
    const app = { name: 'web', script: BIN, args, exec_mode: 'fork', wait_ready: true, autorestart: false, env };
    await pm2.start([{ ...app, kill_timeout: 8_000 }]);
    const [, port = ''] = await pm2.logged('web', 'out', /listening (\d+)/);
    await pm2.run('save');
    const before = await control(['status', '--json']);
    process.kill(Number(readFileSync(join(pm2.home, 'pm2.pid'), 'utf8')), 'SIGKILL');

    // Nobody reads its output any more, and that ends neither it nor its workers.
    t.is((await control(['reload'])).code, 0);
    t.is((await get(port)).status, 200);
    t.is(pidOf(await control(['status', '--json'])), pidOf(before));

    // The next daemon starts it again: an error that says how to take over, and not a second supervisor.
    await pm2.run('resurrect');
    await pm2.logged('web', 'error', /error NAME_IN_USE.*\n.*process \d+ runs .*\n.*kf-cluster stop --name web/);
    t.is((await get(port)).status, 200);
    t.is((await control(['stop'])).code, 0);
    await pm2.run('restart', 'web');
    const after = await control(['status', '--json']);
    t.is(after.code, 0);
    t.not(pidOf(after), pidOf(before));

    function control(command: readonly string[]) {
      return kf([...command, '--name', 'web'], pm2.home, { XDG_RUNTIME_DIR: pm2.home });
    }
  },
);

function pidOf({ stdout }: { stdout: string }): number {
  return JSON.parse(stdout).pid;
}
