// What of other people is inside the bundles: so that an audit sees it, though package.json does not name it.
import { readFileSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { build as esbuild } from 'esbuild';

const roots = new Set();

/** esbuild's build; which packages it takes from node_modules is noted. */
export async function build(options) {
  const result = await esbuild({ ...options, metafile: true });
  const outputs = Object.values(result.metafile.outputs);
  // What was looked at and left out is not in there.
  const inside = outputs.flatMap(({ inputs }) =>
    Object.entries(inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0),
  );
  for (const [file] of inside) {
    const [root] = /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file) ?? [];
    if (root !== undefined) roots.add(root);
  }
  return result;
}

/** THIRD-PARTY.txt with each licence, and an SBOM in the form of CycloneDX 1.5. */
export async function writeThirdParty(directory) {
  const packages = await Promise.all([...roots].map(read));
  packages.sort((a, b) => a.name.localeCompare(b.name) || a.version.localeCompare(b.version));
  // Packages under the very same text stand above it together.
  const byText = new Map();
  for (const { name, version, license, text } of packages) {
    const names = byText.get(text.trim()) ?? [];
    byText.set(text.trim(), [...names, `${name} ${version} (${license})\n`]);
  }
  const texts = [...byText].map(([text, names]) => `${names.join('')}\n${text}\n`);
  await writeFile(join(directory, 'THIRD-PARTY.txt'), `${HEAD}\n${texts.join(`\n${'-'.repeat(80)}\n\n`)}`);
  await writeFile(join(directory, 'sbom.cdx.json'), `${JSON.stringify(sbom(packages), undefined, 2)}\n`);
}

const HEAD = 'These packages are inside the files of this folder.\n';

async function read(root) {
  const { name, version, license = 'unknown' } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const file = (await readdir(root)).find((one) => /^licen[cs]e/i.test(one));
  const text =
    file === undefined
      ? `No text of the licence is in the package; it says ${license}.`
      : await readFile(join(root, file), 'utf8');
  return { name, version, license, text };
}

function sbom(packages) {
  const own = JSON.parse(readFileSync(join(dirname(new URL(import.meta.url).pathname), '../package.json'), 'utf8'));
  const purl = (name, version) => `pkg:npm/${name.replace('@', '%40')}@${version}`;
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: {
      component: {
        type: 'library',
        name: own.name,
        version: own.version,
        purl: purl(own.name, own.version),
        'bom-ref': own.name,
      },
    },
    components: packages.map(({ name, version, license }) => ({
      type: 'library',
      'bom-ref': `${name}@${version}`,
      name,
      version,
      purl: purl(name, version),
      licenses: [{ license: { id: license } }],
    })),
  };
}
