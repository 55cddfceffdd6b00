import { readFile, writeFile } from 'node:fs/promises';

const MANIFEST = new URL('./manifest.json', import.meta.url);
/** What a bundle may grow by before somebody has to look at it: a share, and bytes. */
const SLACK = { share: 0.03, bytes: 300 };

/**
 * Compares what was bundled with the checked-in manifest: for each file its bytes and the folders and packages it is made
 * of. A file too many in a preload that every process loads is seen here, where every test would pass.
 *
 * @param outputs esbuild's `metafile.outputs` of all bundles
 * @param accept writes the manifest instead
 * @throws when a bundle holds something else, or more bytes, than it may
 */
export async function checkManifest(outputs, accept) {
  const found = describe(outputs);
  if (accept) return void (await writeFile(MANIFEST, `${JSON.stringify(found, undefined, 2)}\n`));
  const wanted = JSON.parse(await readFile(MANIFEST, 'utf8'));
  const problems = [...new Set([...Object.keys(found), ...Object.keys(wanted)])].flatMap((file) =>
    compare(file, found[file], wanted[file]),
  );
  if (problems.length === 0) return;
  throw new Error(
    `the bundles are not what build/manifest.json says:\n${problems.map((one) => `  ${one}\n`).join('')}` +
      'Is it meant so? Then: npm run build -- --accept, and commit build/manifest.json.\n' +
      'Is it not? Import what does not belong there with import("#bundle/name"); see build/bundles.mjs.',
  );
}

function compare(file, found, wanted) {
  if (!wanted) return [`${file} is new`];
  if (!found) return [`${file} is no more`];
  const more = found.inputs.filter((one) => !wanted.inputs.includes(one));
  const fewer = wanted.inputs.filter((one) => !found.inputs.includes(one));
  const most = Math.ceil(wanted.bytes * (1 + SLACK.share) + SLACK.bytes);
  return [
    ...(more.length > 0 ? [`${file} now holds ${more.join(', ')}`] : []),
    ...(fewer.length > 0 ? [`${file} holds ${fewer.join(', ')} no more`] : []),
    ...(found.bytes > most ? [`${file} has ${found.bytes} bytes, where ${most} are its budget`] : []),
  ];
}

/** Chunks that esbuild names by their content count together, under the name of their bundle. */
function describe(outputs) {
  const all = {};
  for (const [path, { bytes, inputs }] of Object.entries(outputs)) {
    if (/\.(map|txt)$/.test(path)) continue;
    const file = path.replace(/^.*\//, '').replace(/^[\w-]*-[A-Z0-9]{8}\.js$/, (name) => chunkOf(name));
    all[file] ??= { bytes: 0, inputs: new Set() };
    const one = all[file];
    one.bytes += bytes;
    for (const [input, { bytesInOutput }] of Object.entries(inputs))
      if (bytesInOutput > 0) one.inputs.add(placeOf(input));
  }
  const sorted = Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted.map(([file, { bytes, inputs }]) => [file, { bytes, inputs: [...inputs].sort() }]));
}

function chunkOf(name) {
  const [, bundle] = /^(flush-process|pm2|signals)-/.exec(name) ?? [];
  return `${bundle ?? 'chunk'}-*.js`;
}

/** The folder of ours, or the package. */
function placeOf(input) {
  const [, name] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input) ?? [];
  if (name) return `npm:${name}`;
  return input.includes('/') ? input.replace(/\/[^/]*$/, '') : input;
}
