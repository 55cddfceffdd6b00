import { join } from 'node:path';
import test from 'ava';
import type { Variable, Workload } from '../../src/diagnose/deployment/workload.js';
import { Secrets } from '../../src/diagnose/secrets.js';
import { secretsOf } from '../../src/diagnose/secrets-of.js';
import { write } from './set-up.js';

const NONE = { workloads: [], settings: [] };
const workload = (fields: Partial<Workload>): Workload => ({
  ...{ platform: 'docker', file: 'Dockerfile', name: 'x', env: {}, command: [], shell: false },
  ...fields,
});
const literal = (value: string): Variable => ({ value, source: 'literal' });

/** Where a text that holds this secret is said to come from. */
const inEnv = (name: string, value: string, secret: string) =>
  secretsOf([{ [name]: value }], NONE, []).find(`x ${secret} y`);

test('a variable is secret by its name, by a header in it, or by a part of a URL', (t) => {
  for (const [name, value, secret] of [
    ['STRIPE_KEY', 'sk-live-4711', 'sk-live-4711'],
    ['DB_PASSWORD', ' hunter2000 ', 'hunter2000'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'kf-api-key=abcdef123,x=other-one', 'other-one'],
    ['OTEL_EXPORTER_OTLP_TRACES_HEADERS', 'authorization=Bearer%20tok-en-99', 'tok-en-99'],
    ['OTEL_RESOURCE_ATTRIBUTES', 'team=a,api.key=attr-secret', 'attr-secret'],
    ['DATABASE_URL', 'postgres://shop:pass-word@db/x', 'pass-word'],
    ['DATABASE_URL', 'postgres://shop:p%40ss-word@db/x', 'p@ss-word'],
    ['HOOK', 'see https://h/?sig=abc%20defgh now', 'abc defgh'],
    ['HOOK', 'https://h/?sig=abc%20defgh', 'abc%20defgh'],
  ] as const)
    t.is(inEnv(name, value, secret), name, `${name}=${value}`);
});

test('headers that are malformed are secret all the same: behind a colon, in quotes, or all of it', (t) => {
  for (const [value, secret] of [
    ['Bearer bare-token-1', 'bare-token-1'],
    ['kf-api-key: with-colon', 'with-colon'],
    ['a="quoted-one"', 'quoted-one'],
    ["'whole-quoted'", 'whole-quoted'],
  ] as const)
    t.is(inEnv('OTEL_EXPORTER_OTLP_HEADERS', value, secret), 'OTEL_EXPORTER_OTLP_HEADERS', value);
});

test('what everybody may see is not taken out: names, hosts, attributes, short texts, numbers', (t) => {
  for (const [name, value, text] of [
    ['OTEL_SERVICE_NAME', 'shopping', 'shopping'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'https://collector.example:4318/v1', 'collector.example'],
    ['OTEL_RESOURCE_ATTRIBUTES', 'team=payments', 'payments'],
    ['API_KEY', 'short', 'short'],
    ['API_TOKEN', '12345678', '12345678'],
    ['USE_SECRET', 'false', 'false'],
  ] as const)
    t.is(inEnv(name, value, text), undefined, `${name}=${value}`);
});

test('words of a command line: flags, variables in front, and pairs within a word', (t) => {
  for (const [word, secret] of [
    ['--api-key=flag-secret', 'flag-secret'],
    ['OTEL_EXPORTER_OTLP_HEADERS=kf-api-key=in-front', 'in-front'],
    ['--url=https://x/?q=1&token=inside-1&b=2', 'inside-1'],
    ["sh -c 'PASSWORD=within-1 node app.js'", 'within-1'],
  ] as const) {
    const secrets = secretsOf([], { ...NONE, workloads: [workload({ command: ['node', word] })] }, []);
    t.is(secrets.find(secret), 'Dockerfile', word);
  }
});

test('files that deploy: a variable says in which file it stands, and what the file does not show is not read', (t) => {
  const env = { TOKEN: literal('in-image'), OTHER_TOKEN: { value: undefined, source: 'secret' } as const };
  const secrets = secretsOf(
    [],
    {
      workloads: [workload({ env })],
      settings: [{ file: 'c.yaml', name: 'c', values: { 'app.password': 'in-a-map' } }],
    },
    [],
  );
  t.is(secrets.find('in-image'), 'TOKEN in Dockerfile');
  t.is(secrets.find('in-a-map'), 'app.password in c.yaml');
});

test('a headers file and a private key: every line but comments and the frame; one that is gone has no secret', (t) => {
  const key = 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj==';
  const dir = write(t, {
    files: {
      headers: 'kf-api-key=from-file-1\r\n# not=secret-comment\nbare-line-of-it\n',
      'key.pem': `-----BEGIN PRIVATE KEY-----\n${key}\n-----END PRIVATE KEY-----\n`,
    },
  });
  const [headers, pem] = [join(dir, 'headers'), join(dir, 'key.pem')];
  const secrets = secretsOf([], NONE, [headers, pem, join(dir, 'gone')]);
  t.is(secrets.find('x from-file-1'), headers);
  t.is(secrets.find('bare-line-of-it'), headers);
  t.is(secrets.find(key), pem);
  t.is(secrets.find('secret-comment -----BEGIN PRIVATE KEY-----'), undefined);
});

test('the first place counts for a secret that stands in two', (t) => {
  const secrets = new Secrets();
  secrets.add('the-same-key', 'first');
  secrets.add('the-same-key', 'second');
  t.is(secrets.find('the-same-key'), 'first');
});

test('of two secrets the longer is taken out whole, though the other is a part of it', (t) => {
  const secrets = new Secrets();
  secrets.add('abcdef', 'short');
  secrets.add('abcdef-ghijkl', 'long');
  const clean = secrets.scrub('x=abcdef-ghijkl y=abcdef');
  t.false(clean.includes('ghijkl'));
  t.is(secrets.find(clean), undefined);
});

test('a value of JSON keeps its form and its numbers, and loses secrets at every depth', (t) => {
  const secrets = new Secrets();
  secrets.add('top-secret', 'x');
  const clean = secrets.scrubAll({ a: ['is top-secret here', 7, null], b: { c: true, d: undefined } });
  t.is(secrets.find(JSON.stringify(clean)), undefined);
  t.deepEqual({ ...clean, a: clean.a.slice(1) }, { a: [7, null], b: { c: true } } as never);
});
