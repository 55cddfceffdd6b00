import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import test from 'ava';
import { NODE, watch } from '../helpers/cluster.js';
import { workDir } from '../helpers/control.js';
import '../helpers/json-log.js';
import { packedBin } from '../helpers/packed.js';
import { root } from '../helpers/run-node.js';

// The package as users get it: what stands in it, what it brings along, and what it does without the rest.

const bin = packedBin();
const modules = dirname(dirname(dirname(dirname(bin))));
const own = join(modules, 'kf-cluster');

/** How many packages an installation has at most, and how many bytes, kf-cluster included. */
const MOST_PACKAGES = 55;
const MOST_BYTES = 35_000_000;

function packages(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true }).flatMap(({ name }) => {
    if (name.startsWith('.')) return [];
    const here = name.startsWith('@')
      ? readdirSync(join(dir, name)).map((one) => join(dir, name, one))
      : [join(dir, name)];
    return here.flatMap((one) => [
      one,
      ...(existsSync(join(one, 'node_modules')) ? packages(join(one, 'node_modules')) : []),
    ]);
  });
}

function size(path: string): number {
  const stat = lstatSync(path);
  if (!stat.isDirectory()) return stat.size;
  return readdirSync(path).reduce((sum, name) => sum + size(join(path, name)), 0);
}

test('an installation is small: at most 55 packages and 35 MB', (t) => {
  const all = packages(modules);
  t.true(all.length <= MOST_PACKAGES, `${all.length} packages: ${all.join(' ')}`);
  t.true(size(modules) <= MOST_BYTES, `${size(modules)} bytes`);
  t.log(
    `${all.length} packages, ${(size(modules) / 1e6).toFixed(1)} MB, ${(size(own) / 1e6).toFixed(1)} MB of it our own`,
  );
});

test('no package has an install script but protobufjs, which the gRPC exporter brings', (t) => {
  const scripts = packages(modules).filter((dir) => {
    const { scripts = {} } = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'));
    return ['preinstall', 'install', 'postinstall'].some((name) => name in scripts);
  });
  t.deepEqual(
    scripts.map((dir) => relative(modules, dir)),
    ['protobufjs'],
  );
});

test('what is inside the bundles is listed with its licence, and in an SBOM', (t) => {
  const { components } = JSON.parse(readFileSync(join(own, 'dist/bundle/sbom.cdx.json'), 'utf8'));
  const names = (components as { name: string }[]).map(({ name }) => name);
  for (const name of [
    '@modelcontextprotocol/sdk',
    '@opentelemetry/sdk-trace',
    'preact',
    'uplot',
    'zod',
    'chokidar',
    'croner',
  ])
    t.true(names.includes(name), name);
  const text = readFileSync(join(own, 'dist/bundle/THIRD-PARTY.txt'), 'utf8');
  for (const { name, version } of components) t.true(text.includes(`${name} ${version} (`), name);
});

test('every file that an export or the types name is there', (t) => {
  const { exports } = JSON.parse(readFileSync(join(own, 'package.json'), 'utf8'));
  const files = (value: unknown): string[] =>
    typeof value === 'string' ? [value] : Object.values(value as object).flatMap(files);
  for (const file of files(exports)) t.true(existsSync(join(own, file)), file);
});

test('every link and picture of every packed document is in the package', (t) => {
  const names = readdirSync(own, { recursive: true, encoding: 'utf8' });
  const documents = names.filter((name) => name.endsWith('.md') && !name.includes('node_modules'));
  const links = documents.flatMap((document) => {
    const text = readFileSync(join(own, document), 'utf8').replace(/^```[\s\S]*?^```/gm, '');
    const found = text.matchAll(/\]\(<?([^)#:\s>]+)(?:#[^)]*)?\)|\b(?:src(?:set)?|href)="([^":#]+)"/g);
    return [...found].map(([, link, other]) => ({ document, link: link ?? other ?? '' }));
  });
  t.true(documents.length > 30 && links.some(({ link }) => link.endsWith('.png')));
  const missing = links.filter(({ document, link }) => !existsSync(join(own, dirname(document), link)));
  t.deepEqual(missing, []);
});

test('every export can be imported, and those for require be required', (t) => {
  const cwd = workDir(t);
  symlinkSync(modules, join(cwd, 'node_modules'));
  for (const path of ['', '/hooks', '/telemetry', '/register', '/tracing']) {
    const { status, stderr } = spawnSync(NODE, ['--input-type=module', '-e', `await import('kf-cluster${path}')`], {
      cwd,
      encoding: 'utf8',
      env: { ...process.env, OTEL_SDK_DISABLED: 'true' },
    });
    t.is(status, 0, `${path}: ${stderr}`);
  }
});

for (const logger of ['pino', 'winston']) {
  test(`--capture-logs in an app with ${logger} names the package that is missing`, async (t) => {
    const cwd = workDir(t);
    symlinkSync(modules, join(cwd, 'node_modules'));
    mkdirSync(join(cwd, 'run'));
    writeFileSync(join(cwd, 'package.json'), JSON.stringify({ name: 'shop', dependencies: { [logger]: '*' } }));
    writeFileSync(join(cwd, 'app.js'), "require('node:http').createServer().listen(0)");
    const env = { XDG_RUNTIME_DIR: join(cwd, 'run'), XDG_STATE_HOME: join(cwd, 'run'), OTEL_TRACES_EXPORTER: 'none' };
    const cluster = watch(t, NODE, [bin, 'start', 'app.js', '-w', '1', '--capture-logs'], { cwd, env });
    await cluster.line(
      new RegExp(`lines of ${logger} become no log records: @opentelemetry/instrumentation-${logger} is not`),
    );
    await cluster.ready(1);
    cluster.kill('SIGTERM');
    t.is((await cluster.exit).code, 0, cluster.stderr());
    t.regex(cluster.stderr(), new RegExp(`npm install @opentelemetry/instrumentation-${logger}`));
  });
}

test('the repository and the package have one version of each dependency that is inside the bundles and beside them', (t) => {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const { dependencies } = JSON.parse(readFileSync(join(own, 'package.json'), 'utf8'));
  for (const [name, version] of Object.entries(dependencies))
    t.is(lock[`node_modules/${name}`]?.version, version, name);
});
