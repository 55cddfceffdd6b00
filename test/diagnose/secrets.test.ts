import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import test from 'ava';
import { Secrets } from '../../src/diagnose/secrets.js';
import { redact } from '../../src/otel-env/redact.js';
import { kf } from '../helpers/cli.js';
import { session } from '../helpers/control.js';
import '../helpers/json-log.js';
import { type SetUp, write } from './set-up.js';

/** A secret of its own for each place: which one got out is told by its name. */
const secret = (place: string) => `s3cr3t-${place.replaceAll(/\W/g, '')}-d41d8cd98f00`;
const header = (place: string) => `kf-api-key=${secret(place)}`;

const VARIABLES: Readonly<Record<string, string>> = {
  OTEL_EXPORTER_OTLP_HEADERS: `kf-api-key=${secret('headers')},authorization=Bearer%20${secret('bearer')}`,
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: header('traces-headers'),
  OTEL_EXPORTER_OTLP_METRICS_HEADERS: header('metrics-headers'),
  OTEL_EXPORTER_OTLP_LOGS_HEADERS: `x=${secret('basic')}`,
  OTEL_EXPORTER_OTLP_ENDPOINT: `https://user:${secret('userinfo')}@127.0.0.1:9/?api_key=${secret('query')}`,
  OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: `https://127.0.0.1:9/v1/logs?token=${secret('token-query')}`,
  OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
  OTEL_METRICS_EXPORTER: 'otlp',
  OTEL_LOGS_EXPORTER: 'otlp',
  OTEL_RESOURCE_ATTRIBUTES: `team=a,api.key=${secret('attribute')}`,
  OTEL_EXPORTER_OTLP_API_KEY: secret('misspelt'),
  DATABASE_PASSWORD: secret('password'),
  AWS_SECRET: secret('aws'),
  GITHUB_TOKEN: secret('token'),
  DATABASE_URL: `postgres://shop:${secret('database')}@db/shop`,
  HTTPS_PROXY: `http://proxy:${secret('proxy')}@proxy:3128`,
};

const SET_UP: SetUp = {
  files: {
    'package.json': {
      name: 'shop',
      scripts: {
        start: `OTEL_EXPORTER_OTLP_HEADERS=${header('script')} kf-cluster start app.js --api-key=${secret('argv')}`,
      },
    },
    Dockerfile: `FROM node:24\nENV OTEL_EXPORTER_OTLP_HEADERS=${header('image')}\nARG NPM_TOKEN=${secret('arg')}\nCMD ["npm", "start", "--token=${secret('cmd')}"]\n`,
    'compose.yaml': {
      services: {
        a: { environment: { OTEL_EXPORTER_OTLP_HEADERS: header('compose'), DB_PASSWORD: secret('compose-password') } },
        b: {
          environment: [`OTEL_EXPORTER_OTLP_ENDPOINT=https://c/?key=${secret('compose-url')}`],
          command: `kf-cluster start app.js --token=${secret('compose-argv')}`,
        },
      },
    },
    'k8s/shop.yaml': {
      kind: 'Deployment',
      metadata: { name: 'shop' },
      spec: {
        template: {
          spec: {
            containers: [
              {
                name: 'shop',
                args: [`--api-key=${secret('pod-argv')}`],
                env: [
                  { name: 'OTEL_EXPORTER_OTLP_HEADERS', value: header('pod') },
                  { name: 'OTEL_EXPORTER_OTLP_ENDPOINT', value: `http://u:${secret('pod-url')}@c:4317` },
                ],
              },
            ],
          },
        },
      },
    },
    'k8s/config.yaml': {
      kind: 'ConfigMap',
      metadata: { name: 'shop' },
      data: {
        OTEL_EXPORTER_OTLP_HEADERS: header('config-map'),
        'app.env': `OTEL_EXPORTER_OTLP_HEADERS=${header('config-map-file')}`,
      },
    },
    'shop.service': `[Service]\nExecStart=/srv/kf-cluster start app.js --password=${secret('unit-argv')}\nEnvironment=OTEL_EXPORTER_OTLP_HEADERS=${header('unit')}\n`,
    'ecosystem.config.cjs': `module.exports = { apps: [{ name: 'shop', script: 'app.js', args: '--secret=${secret('pm2-argv')}', env: { OTEL_EXPORTER_OTLP_HEADERS: '${header('pm2')}' } }] };\n`,
    Procfile: `web: OTEL_EXPORTER_OTLP_HEADERS=${header('procfile')} kf-cluster start app.js\n`,
    'kf-cluster.config.json': {
      env: { UPSTREAM_TOKEN: secret('config-file'), OTEL_EXPORTER_OTLP_TRACES_HEADERS: header('config-headers') },
      exporterOtlpHeadersFile: './headers',
      envFile: './.env',
    },
    headers: `${header('headers-file')}\n`,
    '.env': `STRIPE_KEY=${secret('env-file')}\n`,
  },
  modes: { headers: 0o644, '.env': 0o644 },
};

const COMMANDS: readonly (readonly string[])[] = [
  ['doctor', 'app.js'],
  ['doctor', 'app.js', '--json'],
  ['doctor', 'app.js', '--offline', '--strict'],
  ['config', 'app.js'],
  ['config', 'app.js', '--json'],
  ['bootstrap'],
  ['bootstrap', '--json'],
  ['bootstrap', '-a', 'install', '--dry-run'],
  ['smoke', 'app.js'],
];
/** Of a supervisor that runs on it. */
const LIVE: readonly (readonly string[])[] = [
  ['status'],
  ['status', '--json'],
  ['list'],
  ['describe', '0'],
  ['logs'],
  ['doctor', '--live', 'shop', '--seconds', '1'],
  ['smoke', '--name', 'shop', '--url', 'URL?key=s3cr3t-url-d41d8cd98f00'],
  ['reload', 'shop', '--dry-run'],
  ['report', 'app.js', '--offline'],
  ['stop', 'shop'],
];

function plant() {
  const planted = JSON.stringify([SET_UP, VARIABLES, LIVE]).match(/s3cr3t-\w+-d41d8cd98f00/g)!;
  const secrets = new Secrets();
  for (const one of planted) secrets.add(one, one);
  return { secrets, places: new Set(planted).size };
}

test('no planted secret is in the output of any command, in any encoding', async (t) => {
  const dir = write(t, SET_UP);
  const { secrets, places } = plant();
  t.true(places >= 30, `${places} places`);
  for (const args of COMMANDS) {
    const { stdout, stderr, code } = await kf(args, dir, { ...VARIABLES, HOME: dir });
    t.true((stdout + stderr).length > 3, `${args.join(' ')} said nothing`);
    if (args[0] === 'doctor') t.is(code, 1);
    t.is(secrets.find(stdout + stderr), undefined, `${args.join(' ')}:\n${stdout}`);
  }
});

test('no planted secret is in what a running supervisor and its commands say, nor in the archive of a report', async (t) => {
  const { secrets } = plant();
  const app = `const server = require('node:http').createServer((_, response) => response.end('ok'));
server.listen(0, '127.0.0.1', () => console.log('listening ' + server.address().port));
`;
  const dir = write(t, { ...SET_UP, files: { ...SET_UP.files, 'app.js': app } });
  const { start, env } = session(t, { ...VARIABLES, HOME: dir });
  const shop = start(['start', 'app.js', '-w', '1', '--name', 'shop'], { cwd: dir });
  const [, port = ''] = await shop.line(/^listening (\d+)/);
  await shop.ready(1);
  for (const one of LIVE) {
    const args = one.map((arg) => arg.replace('URL', `http://127.0.0.1:${port}/`));
    const { stdout, stderr } = await kf(args, dir, env);
    t.true((stdout + stderr).length > 3, `${args.join(' ')} said nothing`);
    t.is(secrets.find(stdout + stderr), undefined, `${args[0]}:\n${stdout}${stderr}`);
  }
  await shop.exit;
  t.is(secrets.find(shop.stdout() + shop.stderr()), undefined, shop.stderr());
  const archive = gunzipSync(readFileSync(join(dir, 'kf-cluster-report.tar.gz')));
  t.true(archive.length > 2_000);
  t.is(secrets.find(archive.toString('latin1')), undefined);
});

test('a secret is found as it is, URL-encoded, and in base64 at each alignment', (t) => {
  const secrets = new Secrets();
  secrets.add('Bearer p4ss/w0rd+more?', 'here');
  for (const form of ['p4ss/w0rd+more?', encodeURIComponent('p4ss/w0rd+more?')])
    t.is(secrets.find(`a ${form} b`), 'here');
  for (const before of ['', 'a', 'ab', 'abc:']) {
    for (const encoding of ['base64', 'base64url'] as const) {
      const text = Buffer.from(`${before}p4ss/w0rd+more?!`).toString(encoding);
      t.is(secrets.find(`authorization: Basic ${text}`), 'here', `${before} ${encoding}`);
      t.false(secrets.scrub(text).includes(text));
    }
  }
  t.is(secrets.find('p4ss/w0rd'), undefined);
  secrets.add('true', 'flag');
  secrets.add('1.25.3', 'version');
  t.is(secrets.find('true 1.25.3'), undefined);
});

test('a value is shown without what is secret in it', (t) => {
  t.is(redact('OTEL_RESOURCE_ATTRIBUTES', 'team=a,api.key=abc,x=1'), 'team=a,api.key=[redacted],x=1');
  t.is(redact('OTEL_EXPORTER_OTLP_ENDPOINT', 'u:p4ss@c:4317'), '[redacted]@c:4317/');
  t.is(redact('OTEL_EXPORTER_OTLP_ENDPOINT', 'c:4317/?key=abc'), 'c:4317/?key=[redacted]');
  t.is(redact('OTEL_EXPORTER_OTLP_ENDPOINT', 'not a @ url?'), '[redacted]');
  t.is(redact('OTEL_EXPORTER_OTLP_ENDPOINT', 'c:4317'), 'c:4317');
});
