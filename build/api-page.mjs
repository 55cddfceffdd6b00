// Writes docs/API.md: each name that programs can import, with its comment and its declaration, from the types of the package.
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

/** @param root the directory of package.json, with `dist/types` in it */
export async function apiPage(root) {
  const { exports } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const parts = [HEAD];
  const seen = new Map();
  for (const [path, about] of Object.entries(ENTRIES)) {
    const target = exports[path];
    const types = target?.types ?? target?.default?.types;
    if (types === undefined) throw new Error(`${path} is no entry with types`);
    const found = await exportsOf(resolve(root, types));
    const again = found.filter(({ name, code }) => seen.get(name) === code).map(({ name }) => `\`${name}\``);
    const also = again.length === 0 ? '' : `\nAlso from above: ${again.join(', ')}.\n`;
    parts.push(`\n## kf-cluster${path.slice(1)}\n\n${about}\n${also}`);
    for (const one of merged(found.filter(({ name, code }) => seen.get(name) !== code))) {
      seen.set(one.name, one.code);
      parts.push(section(one));
    }
  }
  for (const path of Object.keys(exports))
    if (path !== './package.json' && !(path in ENTRIES)) throw new Error(`${path} has no line in build/api-page.mjs`);
  return parts.join('');
}

const ENTRIES = {
  '.': 'For programs, config files and hook files: `import { cluster } from "kf-cluster"`.',
  './hooks':
    'For the app itself: hooks that it adds while it boots, as with `uwsgidecorators.postfork`; see [HOOKS](HOOKS.md).',
  './tracing': 'For code that makes spans: [TELEMETRY](TELEMETRY.md).',
  './telemetry':
    'The built-in telemetry as hooks, where code is to decide about it: `...telemetry()` among the hooks of a config ' +
    'file that has `telemetry: false`. All but this is done by options.',
  './register':
    'For one process without workers: `node --import kf-cluster/register app.js`. It exports nothing; [SETUP](SETUP.md).',
  './pm2': "For pm2's own cluster mode, as `node_args`: [PM2](PM2.md).",
};

const HEAD = `# API

<!-- Generated from the types by \`npm run docs\`. Do not edit. -->

What programs can import. Everything else of the package may change without notice. Options are in [CONFIGURATION](CONFIGURATION.md),
when which hook runs is in [HOOKS](HOOKS.md), error codes and exit codes are in [CONTROL](CONTROL.md).

\`\`\`js
import { cluster, defineConfig, KfError } from 'kf-cluster';
\`\`\`

In CommonJS \`require('kf-cluster')\` gives the same. TypeScript takes that \`require\` with \`module: nodenext\` or \`preserve\` from 5.8 on;
with \`node16\`, or an older TypeScript, a CommonJS file has \`await import('kf-cluster')\`.
`;

/** A function of several forms stands once. */
function merged(found) {
  const byName = new Map();
  for (const one of found) {
    const before = byName.get(one.name);
    byName.set(one.name, before ? { ...before, code: `${before.code}\n${one.code}` } : one);
  }
  return [...byName.values()];
}

/** The names of a file of declarations, each with the text that declares it. */
async function exportsOf(file) {
  const text = await readFile(file, 'utf8');
  const found = [];
  for (const [, type, names, path] of text.matchAll(
    /^export (type )?(?:\{([^}]*)\}|\*) from ['"](\.[^'"]+)\.js['"];/gm,
  )) {
    const from = resolve(dirname(file), `${path}.d.ts`);
    if (names === undefined) {
      found.push(
        ...(await exportsOf(from)).filter(({ code }) => type === undefined || /^(type|interface)\b/.test(code)),
      );
    } else {
      for (const one of names.split(',')) found.push(await declaration(from, one.trim().replace(/^type /, '')));
    }
  }
  return [...found, ...declarationsIn(text)];
}

async function declaration(file, name) {
  const text = await readFile(file, 'utf8');
  const here = declarationsIn(text).filter((one) => one.name === name);
  if (here.length > 0)
    return { ...here[0], code: here.map(({ code }) => code).join('\n'), about: here.map((one) => one.about).join('') };
  const again = new RegExp(
    `^(?:export|import) (?:type )?\\{[^}]*\\b${name}\\b[^}]*\\} from ['"](\\.[^'"]+)\\.js['"];`,
    'm',
  );
  const path = again.exec(text)?.[1];
  if (path === undefined) throw new Error(`${file} declares no ${name}`);
  return declaration(resolve(dirname(file), `${path}.d.ts`), name);
}

const DECLARES = /^export (?:declare )?(?:abstract )?(?:interface|type|const|function|class) (\w+)/;

/** From the line that begins with `export` to the one that closes all of its brackets. */
function declarationsIn(text) {
  const lines = text.split('\n');
  return lines.flatMap((line, at) => {
    const name = DECLARES.exec(line)?.[1];
    if (name === undefined) return [];
    let end = at;
    while (end < lines.length && !isWhole(lines.slice(at, end + 1).join('\n'))) end += 1;
    const code = lines
      .slice(at, end + 1)
      .join('\n')
      .replace(/^export (?:declare )?/, '');
    return [{ name, about: commentAbove(lines, at), code }];
  });
}

function isWhole(code) {
  const bare = code.replace(/\/\*[\s\S]*?\*\/|'[^'\n]*'|"[^"\n]*"|=>/g, '').trim();
  const count = (pattern) => bare.match(pattern)?.length ?? 0;
  return count(/[{(<[]/g) === count(/[})>\]]/g) && /[;}]$/.test(bare) && !bare.endsWith('/*');
}

function commentAbove(lines, at) {
  if (lines[at - 1]?.trim().endsWith('*/') !== true) return '';
  let first = at - 1;
  while (!lines[first].startsWith('/**')) first -= 1;
  return prose(lines.slice(first, at).join('\n'));
}

function prose(comment = '') {
  const text = comment
    .replace(/^\/\*\*|\*\/$/g, '')
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, '').trim())
    .join('\n')
    .trim();
  return text
    .replace(
      /^@(param|returns|throws) (?:(\w+) )?/gm,
      (_, tag, word) => `- ${tag}${tag === 'param' ? ` \`${word}\`:` : `: ${word ?? ''}`} `,
    )
    .replace(/ {2,}/g, ' ');
}

function section({ name, about, code }) {
  return `\n### ${name}\n${about === '' ? '' : `\n${about}\n`}\n\`\`\`ts\n${code}\n\`\`\`\n`;
}
