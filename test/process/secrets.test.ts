import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { fixture } from '../helpers/cluster.js';
import '../helpers/json-log.js';
import { session, workDir } from '../helpers/control.js';
import { collector, oneWorker } from '../helpers/delivery.js';
import { filesBelow } from '../helpers/spool.js';

test('no header, key or certificate is in the spool, a damaged record, the log, status, describe, config or an error', async (t) => {
  const { receiver } = await collector(t);
  const dir = workDir(t);
  const spool = join(dir, 'spool');
  const pem = makeCertificate(dir);
  const headers = join(dir, 'headers');
  writeFileSync(headers, 'x-api-key=s3cret-of-the-file\n', { mode: 0o600 });
  const env = {
    // TLS to a port that does not speak it: each request fails, with all of the material loaded.
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.httpUrl.replace('http://', 'https://user:s3cret-of-the-url@'),
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20s3cret-of-the-variable',
    OTEL_EXPORTER_OTLP_CERTIFICATE: pem.cert,
    OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: pem.cert,
    OTEL_EXPORTER_OTLP_CLIENT_KEY: pem.key,
    OTEL_LOG_LEVEL: 'debug',
  };
  const secrets = [
    ...['s3cret-of-the-file', 's3cret-of-the-url', 's3cret-of-the-variable'],
    ...[pem.key, pem.cert].map((file) => readFileSync(file, 'utf8').split('\n')[2]!),
  ];
  const shown: string[] = [];
  const { start, run } = session(t);
  const options = ['-n', 'secrets', '-w', '1', '--delivery', 'journal', '--journal-starts', '--spool-dir', spool];
  const more = ['--exporter-otlp-headers-file', headers, '--log-level', 'debug', '--flush-timeout', '1s'];
  const args = ['start', fixture('apps/spans.cjs'), ...options, ...more];
  const first = start(args, { env });
  const [, port = ''] = await first.line(/^listening (\d+)/);
  const worker = oneWorker(port);
  for (let turn = 0; turn < 9; turn += 1) await worker.end(50); // nine records, of which one will be damaged
  worker.reconnect();
  t.regex((await first.event('collector-refuses')).msg, /does not speak TLS/);
  for (const command of [['status'], ['status', '--json'], ['describe'], ['list'], ['logs']]) {
    const { stdout, stderr } = await run(...command, ...(command[0] === 'list' ? [] : ['--name', 'secrets']));
    shown.push(stdout, stderr);
  }
  const config = start(['config', fixture('apps/spans.cjs'), ...options, ...more], { env });
  await config.exit;
  shown.push(config.stdout(), config.stderr());
  first.kill('SIGTERM');
  await first.exit;
  for (const file of filesBelow(spool).filter((name) => name.endsWith('.seg'))) damage(join(spool, file));
  const second = start(args, { env });
  await second.ready(1);
  await second.event('collector-refuses');
  second.kill('SIGTERM');
  await second.exit;
  shown.push(first.stdout(), first.stderr(), second.stdout(), second.stderr());
  const files = filesBelow(spool).map((file) => readFileSync(join(spool, file), 'latin1'));
  t.true(files.length > 0 && files.join('').includes('span 1'), 'the spool holds spans');
  t.regex(shown.join('\n'), /kf-cluster/);
  for (const text of [...shown, ...files, readdirSync(spool, { recursive: true }).join('\n')]) {
    for (const secret of secrets) {
      for (const form of [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64').slice(0, -4)]) {
        t.false(text.includes(form), `${form} is in:\n${text.slice(0, 2_000)}`);
      }
    }
  }
});

function makeCertificate(dir: string): { key: string; cert: string } {
  const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
  const subject = ['-subj', '/CN=localhost', '-days', '1', '-nodes'];
  const out = ['-keyout', key, '-out', cert];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', ...subject, ...out], { stdio: 'ignore' });
  return { key, cert };
}

/** One bit in the middle. */
function damage(file: string): void {
  const bytes = readFileSync(file);
  bytes[Math.floor(bytes.length / 2)]! ^= 0x10;
  writeFileSync(file, bytes);
}
