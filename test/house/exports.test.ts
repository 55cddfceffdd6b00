import { dirname, join } from 'node:path';
import test from 'ava';
import { root } from '../helpers/run-node.js';
import { filesBelow, textOf } from './sources.js';

const EXPORT =
  /^export (?:declare )?(?:async )?(?:abstract )?(?:const|let|function\*?|class|interface|type|enum) (\w+)/gm;
const NAMED = /(?:import|export)(?: type)?(?: \w+,)? \{([^}]*)\} from '([^']+)'/g;
/** Through these all of a module is reachable; which names are used is looked for in the text. */
const WHOLE = /(?:import|export)(?: type)? \* (?:as \w+ )?from '([^']+)'|\b(?:import|require|URL)\(\s*'([^']+)'/g;

/** How many there may be while what uses them is being written. It only falls. */
const MOST = 0;

/** What stands for the modules of others, and what the page's contract exports whole. */
const OTHERWISE = ['src/telemetry/shims/', 'src/dev/page-items.ts'];

/** What programs load by name: entries of bundles, and what package.json calls `#bundle/...`. */
async function entries(): Promise<Set<string>> {
  const { BUNDLES } = (await import(join(root, 'build/bundles.mjs'))) as {
    BUNDLES: readonly { readonly entries?: Readonly<Record<string, string>> }[];
  };
  return new Set(BUNDLES.flatMap(({ entries = {} }) => Object.values(entries)));
}

function bundleImports(): Readonly<Record<string, string>> {
  return (JSON.parse(textOf('package.json')) as { imports: Record<string, string> }).imports;
}

test('every export of src and hooks is imported by another file, or by programs', async (t) => {
  const imports = bundleImports();
  const resolved = (from: string, path: string) => {
    const bundle = imports[path]?.replace(/^\.\/dist\//, '');
    return (bundle ?? (path.startsWith('.') ? join(dirname(from), path) : path)).replace(/\.(c|m)?js$/, '.$1ts');
  };
  const used = new Set<string>();
  const whole = new Map<string, string[]>();
  for (const file of filesBelow(['src', 'hooks', 'build', 'bench', 'test'], /\.(?:[cm]?tsx?|mjs|cjs)$/)) {
    const text = textOf(file);
    for (const [, names = '', path = ''] of text.matchAll(NAMED)) {
      const to = resolved(file, path);
      for (const name of names.split(','))
        used.add(
          `${to} ${
            name
              .trim()
              .replace(/^type /, '')
              .split(' as ')[0]
          }`,
        );
    }
    for (const [, star, call] of text.matchAll(WHOLE)) {
      const to = resolved(file, star ?? call ?? '').replace(/^dist\//, '');
      whole.set(to, [...(whole.get(to) ?? []), text]);
    }
  }
  const open = await entries();
  const unused = filesBelow(['src', 'hooks'], /\.c?ts$/)
    .filter((file) => !open.has(file) && !OTHERWISE.some((place) => file.startsWith(place)))
    .flatMap((file) =>
      [...textOf(file).matchAll(EXPORT)]
        .map(([, name = '']) => name)
        .filter((name) => !used.has(`${file} ${name}`))
        .filter((name) => !whole.get(file)?.some((text) => new RegExp(`\\b${name}\\b`).test(text)))
        .map((name) => `${file} ${name}`),
    );
  t.true(unused.length <= MOST, `remove it, or the word \`export\`:\n${unused.join('\n')}`);
});
