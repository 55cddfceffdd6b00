import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { loadAll } from 'js-yaml';
import { collectorText } from '../../src/cli/init-collector.js';
import { PRESET_NAMES } from '../../src/config/presets.js';
import { runChecks } from '../../src/diagnose/check.js';
import { COLLECTOR_CONFIG_CHECKS, readCollectorConfig } from '../../src/diagnose/collector/collector-config.js';
import { deploymentText, graceSeconds, serviceText } from '../../src/platforms/kubernetes/manifests.js';
import { doctor, write } from '../diagnose/set-up.js';
import { kf } from '../helpers/cli.js';
import { root } from '../helpers/run-node.js';

const EXAMPLE = join(root, 'examples/kubernetes');
const DICE = {
  name: 'dice',
  target: 'agent',
  command: ['start', 'app.js'],
  port: 8080,
  drainDelayMs: 5_000,
  drainMs: 20_000,
  flushMs: 5_000,
} as const;

for (const preset of PRESET_NAMES) {
  test(`init collector --preset ${preset}: doctor has nothing to say of it, and no key stands in it`, async (t) => {
    const dir = write(t, {});
    const { code, stdout, stderr } = await kf(['init', 'collector', '--preset', preset], dir);
    t.is(code, 0, stderr);
    t.regex(stdout, /next: docker run .*4317:4317/);
    const file = join(dir, 'otelcol.yaml');
    const wanted = ['traces', 'metrics', 'logs'].flatMap((signal) => [
      { signal, protocol: 'grpc' as const },
      { signal, protocol: 'http/protobuf' as const },
    ]);
    t.deepEqual(await runChecks(COLLECTOR_CONFIG_CHECKS, await readCollectorConfig(file, wanted)), []);
    t.regex(collectorText(preset), /memory_limiter/);
  });
}

for (const target of ['agent', 'direct']) {
  test(`init kubernetes --target ${target}: the grace period is computed, and the key comes from a Secret alone`, async (t) => {
    const dir = write(t, {});
    const args = ['init', 'kubernetes', 'app.js', '--target', target, '--drain-timeout', '40s'];
    const { code, stdout, stderr } = await kf(args, dir);
    t.is(code, 0, stderr);
    const text = readFileSync(join(dir, 'kubernetes.yaml'), 'utf8');
    const [deployment] = loadAll(text) as [{ spec: { template: { spec: Pod } } }];
    const { terminationGracePeriodSeconds, containers } = deployment.spec.template.spec;
    t.is(terminationGracePeriodSeconds, 53); // 5 + 40 + 5 + 3
    const headers = containers[0]!.env.filter(({ name }) => /HEADERS/.test(name));
    t.deepEqual(
      headers.map((one) => Object.keys(one.valueFrom ?? {})),
      target === 'direct' ? [['secretKeyRef']] : [],
    );
    t.false(/api-key/.test(text));
    t.is(/kubectl create secret/.test(stdout), target === 'direct');
    const { report } = await doctor(t, { files: { 'kubernetes.yaml': text }, flags: { 'drain-timeout': '40s' } });
    t.deepEqual(
      report.findings.filter(({ severity }) => severity !== 'information'),
      [],
    );
  });
}

interface Pod {
  readonly terminationGracePeriodSeconds: number;
  readonly containers: readonly {
    readonly env: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: object }[];
  }[];
}

test('init docker: exec form, no root, SIGTERM; doctor has nothing to warn of', async (t) => {
  const dir = write(t, {});
  const { code, stderr } = await kf(['init', 'docker', 'app.js'], dir);
  t.is(code, 0, stderr);
  const text = readFileSync(join(dir, 'Dockerfile'), 'utf8');
  t.regex(text, /^USER node$/m);
  t.regex(text, /^ENV PORT=8080\nEXPOSE 8080$/m);
  t.regex(text, /^STOPSIGNAL SIGTERM$/m);
  t.regex(text, /^CMD \["node_modules\/\.bin\/kf-cluster","start","app\.js"\]$/m);
  const { report } = await doctor(t, { files: { Dockerfile: text } });
  t.deepEqual(
    report.findings.map(({ id }) => id),
    ['grace-docker'],
  );
  t.is((await kf(['init', 'docker', 'app.js'], dir)).code, 1, 'nothing is overwritten');
});

test('init docker of an app in TypeScript: the Node of the image runs it, whatever this one does', async (t) => {
  const dir = write(t, {});
  writeFileSync(join(dir, 'web.ts'), 'const port: number = 1;');
  const { code, stderr } = await kf(['init', 'docker', 'web.ts'], dir);
  t.is(code, 0, stderr);
  t.regex(readFileSync(join(dir, 'Dockerfile'), 'utf8'), /^FROM node:24-slim$[\s\S]*"start","web\.ts"\]$/m);
});

test('init docker of a package that has kf-cluster among its devDependencies: it is moved first, or the image would not have it', async (t) => {
  const dir = write(t, { files: { 'package.json': '{"devDependencies":{"kf-cluster":"*"}}' } });
  mkdirSync(join(dir, 'node_modules/.bin'), { recursive: true });
  writeFileSync(join(dir, 'node_modules/.bin/kf-cluster'), '');
  const { stdout } = await kf(['init', 'docker', 'app.js'], dir);
  t.regex(stdout, /^next: npm add --save-prod kf-cluster && docker build/m);
});

test('init: a wrong target or preset is usage', async (t) => {
  const dir = write(t, {});
  t.is((await kf(['init', 'kubernetes', 'app.js', '--target', 'moon'], dir)).code, 2);
  t.is((await kf(['init', 'collector', '--preset', 'moon'], dir)).code, 2);
});

test('examples/kubernetes/base is what init kubernetes writes', (t) => {
  t.is(readFileSync(join(EXAMPLE, 'base/deployment.yaml'), 'utf8'), deploymentText(DICE));
  t.is(readFileSync(join(EXAMPLE, 'base/service.yaml'), 'utf8'), serviceText(DICE));
  t.is(graceSeconds(DICE), 33);
});

test('examples/kubernetes: no key stands in any file, and each is well-formed', (t) => {
  const files = readdirSync(EXAMPLE, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.yaml'));
  t.true(files.length >= 7);
  for (const file of files) {
    const text = readFileSync(join(EXAMPLE, file), 'utf8');
    t.true(loadAll(text).length > 0, file);
    const uncommented = text.replaceAll(/^\s*#.*$/gm, '');
    t.notRegex(uncommented, /api-key|Bearer|kind: Secret/, file);
    if (/OTEL_EXPORTER_OTLP_HEADERS/.test(uncommented)) t.regex(uncommented, /secretKeyRef/, file);
  }
});

for (const overlay of ['agent-daemonset', 'agent-sidecar', 'direct']) {
  test(`kubectl kustomize builds the overlay ${overlay}`, (t) => {
    if (spawnSync('kubectl', ['version', '--client']).status !== 0) {
      t.log('there is no kubectl here: what it makes of the overlays was not tested');
      return t.pass();
    }
    const text = execFileSync('kubectl', ['kustomize', join(EXAMPLE, 'overlays', overlay)], { encoding: 'utf8' });
    const kinds = (loadAll(text) as { kind: string }[]).map(({ kind }) => kind);
    t.true(kinds.includes('Deployment') && kinds.includes('Service'));
  });
}
