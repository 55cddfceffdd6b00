import { hostname } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { codeDirOf, readAppPackage, readJson } from '../../src/telemetry/app-package.js';
import { createResource, resourceAttributes } from '../../src/telemetry/resource.js';
import { tree } from '../helpers/tree.js';

const WORKER = { instanceId: 'id-1', pid: 42, script: '/srv/app.js', slot: 3, generation: 2 };
const APP = { dir: '/srv', name: 'shop', version: '3.2.1', dependencies: [], devDependencies: [], imports: false };
const attributes = (env: Record<string, string> = {}, app: Partial<typeof APP> = {}, detected = {}) =>
  resourceAttributes(WORKER, { ...APP, ...app }, env, detected);

test('a worker says what it is, where it runs, and of which app', (t) => {
  t.like(attributes(), {
    'service.name': 'shop',
    'service.version': '3.2.1',
    'service.instance.id': 'id-1',
    'process.pid': 42,
    'process.command': '/srv/app.js',
    'process.runtime.version': process.versions.node,
    'host.name': hostname(),
    'telemetry.distro.name': 'kf-cluster',
    'kf.worker.slot': 3,
    'kf.worker.generation': 2,
  });
  const { slot: _slot, generation: _generation, ...primary } = WORKER;
  const speaker = resourceAttributes(primary, APP, {});
  t.false('kf.worker.slot' in speaker || 'kf.worker.generation' in speaker, 'who speaks for no worker has no slot');
});

for (const [what, env, app, expected] of [
  ['an app without a package', {}, { name: undefined, version: undefined }, ['unknown_service:node', undefined]],
  ['OTEL_RESOURCE_ATTRIBUTES', { OTEL_RESOURCE_ATTRIBUTES: 'service.name=a,service.version=2' }, {}, ['a', '2']],
  [
    'OTEL_SERVICE_NAME, which wins over them',
    { OTEL_RESOURCE_ATTRIBUTES: 'service.name=a', OTEL_SERVICE_NAME: 'b', OTEL_SERVICE_VERSION: '9' },
    {},
    ['b', '9'],
  ],
  ['a blank name, which is none', { OTEL_SERVICE_NAME: ' ' }, {}, ['shop', '3.2.1']],
] as const) {
  test(`name and version by ${what}`, (t) => {
    const found = attributes(env, app as Partial<typeof APP>);
    t.deepEqual([found['service.name'], found['service.version']], [...expected]);
  });
}

test('identity is never taken from an environment that all workers share', (t) => {
  const given = 'service.instance.id=one,process.pid=1,kf.worker.slot=9,deployment.environment.name=prod';
  t.like(attributes({ OTEL_RESOURCE_ATTRIBUTES: given }, {}, { 'service.instance.id': 'detected' }), {
    'service.instance.id': 'id-1',
    'process.pid': 42,
    'kf.worker.slot': 3,
    'deployment.environment.name': 'prod',
  });
});

test('what a detector says is weaker than what was set, and stronger than what the machine says', (t) => {
  const found = attributes(
    { OTEL_RESOURCE_ATTRIBUTES: 'cloud.region=set' },
    {},
    { 'cloud.region': 'detected', 'host.name': 'i-1', 'service.name': 'detected' },
  );
  t.like(found, { 'cloud.region': 'set', 'host.name': 'i-1', 'service.name': 'shop' });
});

for (const [asked, present, absent] of [
  ['host', ['host.name', 'host.arch'], ['os.type', 'process.command']],
  ['os,process', ['os.type', 'process.runtime.name'], ['host.name']],
  ['none', [], ['host.name', 'os.type', 'process.command']],
  ['host,none', [], ['host.name']],
  ['all', ['host.name', 'os.type', 'process.command'], []],
  ['aws', [], ['host.name', 'os.type']],
] as const) {
  test(`OTEL_NODE_RESOURCE_DETECTORS=${asked} leaves out what it does not name, and never who the worker is`, (t) => {
    const found = attributes({ OTEL_NODE_RESOURCE_DETECTORS: asked });
    t.deepEqual(
      present.filter((name) => !(name in found)),
      [],
    );
    t.deepEqual(
      absent.filter((name) => name in found),
      [],
    );
    t.like(found, { 'service.instance.id': 'id-1', 'process.pid': 42, 'telemetry.distro.name': 'kf-cluster' });
  });
}

test('the resource has what the SDK says of itself too', (t) => {
  const resource = createResource(WORKER, APP, {}, { 'cloud.region': 'here' });
  t.like(resource.attributes, { 'telemetry.sdk.language': 'nodejs', 'cloud.region': 'here', 'service.name': 'shop' });
});

test('a member of a workspace has its own name, and what the workspace lists and says for all', (t) => {
  const root = tree(t, {
    'package.json': JSON.stringify({
      ...{ name: 'all', version: '9.0.0', dependencies: { a: '1', shared: '1' } },
      devDependencies: { dev: '1' },
    }),
    'member/package.json': JSON.stringify({
      ...{ name: 'member', dependencies: { b: '1', shared: '2' }, optionalDependencies: { c: '1' } },
    }),
    'member/app.js': 'exports.a = 1;',
  });
  const member = join(root, 'member');
  const found = readAppPackage(join(member, 'app.js'), [member, root]);
  t.like(found, { dir: member, name: 'member', version: '9.0.0', imports: false });
  t.deepEqual([...found.dependencies], ['b', 'shared', 'c', 'a']);
  t.deepEqual([...found.devDependencies], ['dev']);
});

for (const [what, json] of [
  ['no JSON', '{"name":'],
  ['a list', '[1]'],
  ['a name that is no text', '{"name":7,"version":"","dependencies":"express"}'],
  ['nothing', '{}'],
] as const) {
  test(`a package.json with ${what} names nothing, and stops no worker`, (t) => {
    const dir = tree(t, { 'package.json': json, 'app.js': '' });
    const found = readAppPackage(join(dir, 'app.js'), [dir]);
    t.like(found, { dir, name: undefined, version: undefined });
    t.deepEqual([...found.dependencies], []);
  });
}

test('our own package is no app that wishes for instrumentations', (t) => {
  const json = { name: 'kf-cluster', version: '1.0.0', dependencies: { '@opentelemetry/instrumentation-pg': '1' } };
  const dir = tree(t, { 'package.json': JSON.stringify(json), 'app.js': '' });
  t.deepEqual([...readAppPackage(join(dir, 'app.js'), [dir]).dependencies], []);
});

for (const [name, text, imports] of [
  ['app.mjs', '', true],
  ['app.cjs', 'require("a")', false],
  ['app.cjs', 'main(import ("a"))', true],
  ['app.cjs', 'const important = 1;', false],
  ['gone.cjs', undefined, false],
] as const) {
  test(`${name} with ${JSON.stringify(text)} ${imports ? 'may import ES modules' : 'imports none'}`, (t) => {
    const dir = tree(t, text === undefined ? {} : { [name]: text });
    t.is(readAppPackage(join(dir, name), [dir]).imports, imports);
  });
}

test('the code of an app lies beside its script, and that of a program of node_modules in the project', (t) => {
  t.is(codeDirOf({ script: '/srv/src/app.js', projectDir: '/srv' }), '/srv/src');
  t.is(codeDirOf({ script: '/srv/node_modules/next/dist/bin/next', projectDir: '/srv' }), '/srv');
  t.is(codeDirOf({ script: '/srv/node_modules/next/bin.js' }), '/srv/node_modules/next');
  t.is(readJson('/nowhere/package.json'), undefined);
});
