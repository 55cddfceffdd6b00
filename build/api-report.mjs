// Writes etc/api.md: what programs can import and its types, without comments. A change of it is a change of the API.
import { readFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';

/** @param root the directory of package.json, with `dist/types` in it */
export async function apiReport(root) {
  const { exports } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const parts = [HEAD];
  const seen = new Set();
  for (const [path, target] of Object.entries(exports)) {
    const types = target.types ?? target.default?.types;
    if (types === undefined) continue;
    const files = await closure(resolve(root, types), seen);
    parts.push(`\n## kf-cluster${path.slice(1)}\n`);
    for (const [file, text] of files) {
      parts.push(`\n\`${relative(join(root, 'dist/types'), file)}\`\n\n\`\`\`ts\n${text}\n\`\`\`\n`);
    }
  }
  return parts.join('');
}

const HEAD = `# The API

<!-- Generated from the types by \`npm run docs\`. Do not edit. -->

Each entry of the package with the declarations that it reaches and that no entry above has reached. The rows of the options\nare in docs/CONFIGURATION.md.
`;

/** A file of declarations and all that it imports, each once. */
async function closure(file, seen) {
  if (seen.has(file)) return [];
  seen.add(file);
  const text = await readFile(file, 'utf8');
  const found = [[file, plain(text)]];
  for (const [, path] of text.matchAll(/(?:from |import\()["'](\.[^"']+)\.js["']/g)) {
    found.push(...(await closure(resolve(dirname(file), `${path}.d.ts`), seen)));
  }
  return found.filter(([, one]) => one !== '');
}

function plain(text) {
  return text
    .replaceAll(/\/\*\*?[\s\S]*?\*\//g, '')
    .replaceAll(/^\s*\/\/.*$/gm, '')
    .replaceAll(/^import .*;\n/gm, '')
    .replace(
      /(const OPTIONS: )readonly \[[\s\S]*?\n\}\];/,
      '$1readonly OptionRow[]; // with the literal types of its rows',
    )
    .replaceAll(/\n\s*\n+/g, '\n')
    .trim();
}
