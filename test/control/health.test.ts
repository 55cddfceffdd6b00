import http from 'node:http';
import test, { type ExecutionContext } from 'ava';
import { createLog } from '../../src/contract/log.js';
import { openHealth } from '../../src/control/health.js';
import { hosted } from './hosted.js';

const log = createLog({ format: 'pretty', level: 'silent', label: 'kf-cluster', sink: () => undefined });

async function probed(t: ExecutionContext) {
  const all = await hosted(t);
  const health = await openHealth(0, '127.0.0.1', log);
  t.teardown(() => health.close());
  health.serve(all.host);
  return { ...all, probe: (path: string) => get(health.port, path) };
}

function get(port: number, path: string): Promise<[status: number | undefined, text: string]> {
  return new Promise((resolve, reject) => {
    const request = http.get({ port, path, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => (text += chunk));
      response.on('end', () => resolve([response.statusCode, text]));
    });
    request.on('error', reject);
  });
}

test('the probes follow the cluster: ready with a worker, not without one, not in a stop; alive all the time', async (t) => {
  const { probe, ports, supervisor } = await probed(t);
  t.deepEqual(await probe('/readyz'), [200, 'ok\n']);
  t.deepEqual(await probe('/startupz?x'), [200, 'ok\n']);
  for (const worker of ports.workers) worker.exit(1);
  t.deepEqual(await probe('/readyz'), [503, 'no worker is ready\n']);
  supervisor.stop();
  t.deepEqual(await probe('/readyz'), [503, 'stopping\n']);
  t.deepEqual(await probe('/livez'), [200, 'ok\n']);
  t.is((await probe('/health'))[0], 404);
});

test('the metrics: workers by phase, exits by reason, figures by slot; a worker that is gone still counts', async (t) => {
  const { probe, ports } = await probed(t);
  const [, before] = await probe('/metrics');
  t.regex(before, /^kf_cluster_workers\{phase="ready"\} 2$/m);
  t.regex(before, /^kf_cluster_requests_total 14$/m);
  t.regex(before, /^kf_cluster_connections\{slot="1",generation="1"\} 2$/m);
  t.regex(before, /^kf_cluster_event_loop_delay_p99_seconds\{slot="0",generation="1"\} 0.0015$/m);
  t.regex(before, /^kf_cluster_log_lines_dropped_total 3$/m);
  ports.worker(1).exit(1);
  const [, after] = await probe('/metrics');
  t.regex(after, /^kf_cluster_workers\{phase="ready"\} 1$/m);
  t.regex(after, /^kf_cluster_worker_exits_total\{reason="crash"\} 1$/m);
  t.regex(after, /^kf_cluster_requests_total 14$/m);
  t.notRegex(after, /slot="0"/);
});

test('a port that is taken is an error with its name', async (t) => {
  const first = await openHealth(0, '127.0.0.1', log);
  t.teardown(() => first.close());
  await t.throwsAsync(openHealth(first.port, '127.0.0.1', log), { code: 'PORT_IN_USE' });
});
