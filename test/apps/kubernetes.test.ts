import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import test from 'ava';
import { loadAll } from 'js-yaml';
import { write } from '../diagnose/set-up.js';
import { kf } from '../helpers/cli.js';
import { root } from '../helpers/run-node.js';

const MODELS = join(root, '.cache/kubernetes/node_modules/kubernetes-models');
const EXAMPLE = join(root, 'examples/kubernetes');

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
}

type Model = new (manifest: object) => { validate(): void };

/** Holds it against the public schema of its kind. @throws what is wrong with it, or when there is no such kind */
async function validate(manifest: Manifest): Promise<void> {
  const file = join(MODELS, manifest.apiVersion, `${manifest.kind}.js`);
  if (!existsSync(file)) throw new Error(`no schema of ${manifest.apiVersion} ${manifest.kind}: npm run apps`);
  const { [manifest.kind]: Kind } = (await import(pathToFileURL(file).href)) as Readonly<Record<string, Model>>;
  new Kind!(manifest).validate();
}

const read = (text: string) => (loadAll(text) as (Manifest | null)[]).filter((one) => one !== null);

for (const target of ['agent', 'direct']) {
  test(`init kubernetes --target ${target} writes what the schemas take`, async (t) => {
    const dir = write(t, {});
    t.is((await kf(['init', 'kubernetes', 'app.js', '--target', target], dir)).code, 0);
    const manifests = read(readFileSync(join(dir, 'kubernetes.yaml'), 'utf8'));
    t.true(manifests.length >= 2);
    for (const one of manifests) await t.notThrowsAsync(validate(one), one.kind);
  });
}

test('every whole manifest of examples/kubernetes is what the schemas take', async (t) => {
  const files = readdirSync(EXAMPLE, { recursive: true, encoding: 'utf8' }).filter((file) => /(base|agent)/.test(file));
  const manifests = files
    .filter((file) => file.endsWith('.yaml') && !file.endsWith('kustomization.yaml'))
    .flatMap((file) => read(readFileSync(join(EXAMPLE, file), 'utf8')).map((one) => ({ file, one })))
    .filter(({ file }) => !file.includes('sidecar')); // a patch, which the next test sees applied
  t.true(manifests.length >= 4, `${manifests.length}`);
  for (const { file, one } of manifests) await t.notThrowsAsync(validate(one), `${file} ${one.kind}`);
});

for (const overlay of ['agent-daemonset', 'agent-sidecar', 'direct']) {
  test(`what kubectl kustomize makes of the overlay ${overlay} is what the schemas take`, async (t) => {
    if (spawnSync('kubectl', ['version', '--client']).status !== 0) {
      t.log('there is no kubectl here: its overlays were not applied');
      return t.pass();
    }
    const text = execFileSync('kubectl', ['kustomize', join(EXAMPLE, 'overlays', overlay)], { encoding: 'utf8' });
    for (const one of read(text)) await t.notThrowsAsync(validate(one), one.kind);
  });
}

test('a manifest that is wrong is found', async (t) => {
  const text = readFileSync(join(EXAMPLE, 'base/deployment.yaml'), 'utf8');
  const [wrong] = read(text.replace(/containerPort: \d+/, 'containerPort: http'));
  await t.throwsAsync(validate(wrong!), { message: /containerPort must be integer/ });
  const [missing] = read(text.replace(/^( +)selector:/m, '$1chooser:'));
  await t.throwsAsync(validate(missing!), { message: /selector/ });
});
