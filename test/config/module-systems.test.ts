import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { isEcosystemFile } from '../../src/platforms/pm2/ecosystem/ecosystem-file.js';
import { isHere } from '../helpers/nodes.js';
import { nodes, runNode } from '../helpers/run-node.js';
import { tree } from '../helpers/tree.js';

// Every file of a user's, in every module system: it is read, or the error's fix is tried, and then it is read.

const TYPES = ['none', 'commonjs', 'module'] as const;
const EXTENSIONS = ['js', 'cjs', 'mjs', 'ts', 'cts', 'mts'] as const;
const FILES = {
  'kf-cluster.config': { object: '{ workers: 3 }', name: 'workers', value: '3' },
  hooks: { object: '{ postFork() {} }', name: 'postFork', value: '() => {}' },
  'ecosystem.config': {
    object: '{ apps: [{ name: "shop", script: process.execPath }] }',
    name: 'apps',
    value: '[{ name: "shop", script: process.execPath }]',
  },
} as const;
type Written = (typeof FILES)[keyof typeof FILES];

const STYLES: Readonly<Record<string, { readonly esm: boolean; readonly text: (file: Written) => string }>> = {
  'module.exports': { esm: false, text: ({ object }) => `module.exports = ${object};` },
  exports: { esm: false, text: ({ name, value }) => `exports.${name} = ${value};` },
  function: { esm: false, text: ({ object }) => `module.exports = async () => (${object});` },
  compiled: { esm: false, text: ({ object }) => `exports.__esModule = true; exports.default = ${object};` },
  'export default': { esm: true, text: ({ object }) => `export default ${object};` },
  'export const': { esm: true, text: ({ name, value }) => `export const ${name} = ${value};` },
};

/** What a file is by its name and its package.json. Node finds out by itself where neither says it. */
function systemOf(type: string, extension: string): 'esm' | 'commonjs' | 'either' {
  if (/^c/.test(extension)) return 'commonjs';
  if (/^m/.test(extension) || type === 'module') return 'esm';
  return type === 'none' ? 'either' : 'commonjs';
}

/** Node's own form of a file that is read in TypeScript too; the annotation is taken off. */
const typed = (extension: string) => (extension.endsWith('ts') ? 'const unused: number = 1; void unused;\n' : '');

async function results(t: ExecutionContext, node: string): Promise<Readonly<Record<string, string>>> {
  const files: Record<string, string> = {};
  for (const type of TYPES) {
    files[`${type}/package.json`] = type === 'none' ? '{}' : `{"type":"${type}"}`;
    for (const [style, { text }] of Object.entries(STYLES)) {
      for (const [name, written] of Object.entries(FILES)) {
        for (const extension of EXTENSIONS) {
          files[`${type}/${style}/${name}.${extension}`] = `${typed(extension)}${text(written)}\n`;
        }
      }
    }
  }
  const loader = fileURLToPath(new URL('../helpers/load-user-files.js', import.meta.url));
  const names = Object.keys(files).filter((name) => !name.endsWith('package.json'));
  const { code, stdout, stderr } = await runNode([loader, tree(t, files), ...names], {}, node).done;
  t.is(code, 0, stderr);
  return JSON.parse(stdout) as Record<string, string>;
}

function check(t: ExecutionContext, all: Readonly<Record<string, string>>, native: boolean): void {
  const wrong = Object.entries(all).filter(([path, result]) => {
    const [type = '', style = '', file = ''] = path.split('/');
    const [, name = '', extension = ''] = /^(.*)\.(\w+)$/.exec(file) ?? [];
    if (extension.endsWith('ts') && !native) return !/_UNREADABLE: .*--import tsx/.test(result);
    const system = systemOf(type, extension);
    if (system === 'either' || (system === 'esm') === STYLES[style]?.esm) return result !== 'works';
    const [, renamed] =
      /_UNREADABLE: Call the file \.(\w+), |_UNREADABLE: Call the file \.(\w+):/.exec(result)?.filter(Boolean) ?? [];
    return renamed === undefined || all[`${type}/${style}/${name}.${renamed}`] !== 'works';
  });
  t.deepEqual(Object.fromEntries(wrong), {});
  t.is(
    Object.keys(all).length,
    TYPES.length * EXTENSIONS.length * Object.keys(FILES).length * Object.keys(STYLES).length,
  );
}

test('Node 20: a config, a hooks file and an ecosystem file in each module system, or the fix that works', async (t) => {
  check(t, await results(t, nodes.node20), 'typescript' in process.features && Boolean(process.features.typescript));
});

test('Node 24: the same, and TypeScript without a loader', async (t) => {
  if (!isHere(t, nodes.node24)) return;
  check(t, await results(t, nodes.node24 ?? ''), true);
});

test('an ecosystem file may have each of these endings', (t) => {
  for (const extension of EXTENSIONS) t.true(isEcosystemFile(`ecosystem.config.${extension}`));
  t.false(isEcosystemFile('kf-cluster.config.ts'));
});
