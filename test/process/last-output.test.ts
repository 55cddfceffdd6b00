import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { fixture, kfCluster } from '../helpers/cluster.js';
import '../helpers/json-log.js';
import { workDir } from '../helpers/control.js';
import { eventsIn } from '../helpers/log-lines.js';

const APP = ['start', fixture('apps/talks-at-end.cjs'), '-w', '1', '--no-telemetry'];
const count = (text: string) => text.match(/at the end \d+ x{80}$/gm)?.length;

test('what a worker writes to a pipe just before it ends arrives whole', async (t) => {
  const cluster = kfCluster(t, APP);
  await cluster.ready(1);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
  t.is(count(cluster.stdout()), 20_000);
});

test('and so it does in a log file', async (t) => {
  const file = join(workDir(t), 'out.log');
  const cluster = kfCluster(t, [...APP, '--log-file', file]);
  const said = () => readFileSync(file, { encoding: 'utf8', flag: 'a+' });
  while (eventsIn(said(), 'all-ready', { workers: 1 }).length === 0);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
  t.is(count(said()), 20_000, said().slice(-1_000));
});
