import { spawnSync } from 'node:child_process';
import test from 'ava';
import { fixture } from '../helpers/cluster.js';
import '../helpers/json-log.js';
import { get } from '../helpers/http.js';
import { openShop } from '../helpers/signals.js';

const ENV = { OTEL_TRACES_EXPORTER: 'none' };

/** A worker that is not scheduled for half a second is missing in a scrape: asks until all of them are in it. */
async function scrape(admin: number, pattern: RegExp, workers: number): Promise<string> {
  for (;;) {
    const { body } = await get(admin, '/metrics');
    if (body.match(pattern)?.length === workers) return body;
  }
}

test('the metrics of all workers stand in one text on the admin port, told apart by their slots', async (t) => {
  const args = ['-w', '2', '--metrics-exporter', 'prometheus', '--admin-port', '0'];
  const shop = await openShop(t, { fixture: 'app.cjs', args, env: ENV });
  const { port: admin } = await shop.event('health-port');
  for (let i = 0; i < 4; i++) await get(shop.port);
  const body = await scrape(admin, /^target_info\{/gm, 2);
  const orders = [...body.matchAll(/^orders_total\{kind="book",.*slot="\d",generation="1"\} (\d+)$/gm)];
  t.is(
    orders.reduce((sum, [, count]) => sum + Number(count), 0),
    4,
    body,
  );
  t.is(body.match(/^# TYPE orders_total counter$/gm)?.length, 1);
  t.is(body.match(/^# HELP http_server_request_duration /gm)?.length, 1);
  for (const slot of [0, 1]) {
    const label = `slot="${slot}",generation="1"`;
    t.regex(body, new RegExp(`^target_info\\{.*${label}\\} 1$`, 'm'));
    t.regex(body, new RegExp(`^process_memory_usage\\{.*${label}\\} \\d+$`, 'm'));
  }
  t.regex(body, /^kf_cluster_workers\{phase="ready"\} 2$/m);
});

test('names and attributes that Prometheus has no form for leave the scrape whole: promtool reads it', async (t) => {
  const args = ['-w', '2', '--metrics-exporter', 'prometheus', '--admin-port', '0'];
  const shop = await openShop(t, { fixture: 'hostile.cjs', args, env: ENV });
  const { port: admin } = await shop.event('health-port');
  const body = await scrape(admin, /^hostile_counter_total\{/gm, 2);
  t.regex(body, /^hostile_counter_total\{exported_slot="mine",exported_generation="x",a_b="1;2",_0num="3".*slot="0"/m);
  t.regex(body, /^hostile_histogram_bucket\{.*exported_le="user".*le="\+Inf".*slot="1",generation="1"\} 1$/m);
  const series = body.match(/^[^#].*(?= \S+$)/gm) ?? [];
  t.is(new Set(series).size, series.length);
  const promtool = spawnSync('promtool', ['check', 'metrics'], { input: body, encoding: 'utf8' });
  if (promtool.error) t.log('not read by promtool: apt-get install prometheus brings it');
  // 3: it reads all of it, and finds names that are against its advice.
  else t.true(promtool.status === 0 || promtool.status === 3, promtool.stderr);
});

test('a hook exposes metrics in the text format; a source that fails is logged, and the others are told', async (t) => {
  const args = ['--admin-port', '0', '--hooks', fixture('hooks/exposes.mjs')];
  const shop = await openShop(t, { fixture: 'app.cjs', args, env: ENV });
  const { port: admin } = await shop.event('health-port');
  const body = await scrape(admin, /^stock\{/gm, 1);
  t.regex(body, /^# TYPE stock gauge\nstock\{item="book",slot="0",generation="1"\} 3$/m);
  await shop.event('metrics-source-failed');
});

test('the account of log records stands beside that of spans, once a worker sends any', async (t) => {
  const env = { ...ENV, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' };
  const args = ['--admin-port', '0', '--capture-logs', '--flush-timeout', '100ms'];
  const shop = await openShop(t, { fixture: 'app.cjs', args, env });
  const { port: admin } = await shop.event('health-port');
  await get(shop.port);
  const body = await scrape(admin, /^kf_cluster_log_records_total\{state="ended"\} 2$/gm, 1);
  t.regex(body, /^kf_cluster_log_records_total\{state="exported"\} 0$/m);
  t.regex(body, /^kf_cluster_log_records_pending\{slot="0",generation="1"\} \d$/m);
});

test('prometheus without an admin port is said, for nobody could scrape it', async (t) => {
  const shop = await openShop(t, { fixture: 'app.cjs', args: ['--metrics-exporter', 'prometheus'], env: ENV });
  t.regex(shop.stderr(), /nobody can scrape it: add --admin-port/);
});
