import { join } from 'node:path';
import test from 'ava';
import { BIN, fixture, NODE, watch } from '../helpers/cluster.js';
import { session } from '../helpers/control.js';
import { readOnly } from '../helpers/disks.js';
import '../helpers/json-log.js';
import { onLinux } from '../helpers/linux.js';
import { tempDir } from '../helpers/spool.js';

test('a spool that cannot be written is told at the start, with the error of the system', async (t) => {
  if (!onLinux(t, 'a mount namespace')) return;
  const parent = join(tempDir(t), 'parent');
  const [command = NODE, ...wrapper] = [...readOnly(parent), NODE];
  const args = ['start', fixture('apps/http.cjs'), '-w', '1', '--spool-dir', join(parent, 'spool')];
  const cluster = watch(t, command, [...wrapper, BIN, ...args], { env: session(t).env });
  const { why, fix } = await cluster.event('spool-unwritable');
  t.regex(String(why), /^(EROFS|EACCES): /);
  t.regex(String(fix), /^Make .*spool writable/);
  t.notRegex(cluster.stderr(), /[Ff]ree the disk/);
  await cluster.ready(1);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
});
