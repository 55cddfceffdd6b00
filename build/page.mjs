// The page of `kf-cluster dev`: one script, one style sheet and the document that names them.
import { copyFile, readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';

/** What a browser loads before it shows anything, compressed. */
const MOST_GZIPPED = 90_000;

/**
 * Bundles the page into `outdir`. A plain script, not a module: an exported session holds it inside of one file.
 *
 * @param build esbuild's, or one that remembers
 * @returns esbuild's `metafile.outputs`
 * @throws when it is larger than MOST_GZIPPED
 */
export async function buildPage(source, outdir, build) {
  const { metafile } = await build({
    outdir,
    entryPoints: [`${source}/page.tsx`],
    bundle: true,
    format: 'iife',
    platform: 'browser',
    target: ['chrome123', 'firefox128', 'safari18'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    minify: true,
    legalComments: 'none', // THIRD-PARTY.txt has them
    metafile: true,
  });
  await copyFile(`${source}/index.html`, `${outdir}/index.html`);
  const names = ['index.html', 'page.js', 'page.css'];
  const sizes = await Promise.all(names.map(async (name) => gzipSync(await readFile(`${outdir}/${name}`)).length));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (total > MOST_GZIPPED) throw new Error(`the page has ${total} bytes gzipped, where ${MOST_GZIPPED} are its most`);
  return metafile.outputs;
}
