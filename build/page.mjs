// The page of `kf-cluster dev`: a document with its style and its first lines of script in it, and one script that it loads.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { transform } from 'esbuild';

/** What a browser loads before it shows anything, compressed. */
const MOST_GZIPPED = 90_000;
const TARGET = ['chrome123', 'firefox128', 'safari18'];

/**
 * Bundles the page into `outdir`, compressed: that is how it is held and sent. A plain script, not a module: an exported
 * session holds it inside of one file.
 *
 * @param build esbuild's, or one that remembers
 * @returns esbuild's `metafile.outputs`
 * @throws when it is larger than MOST_GZIPPED
 */
export async function buildPage(source, outdir, build) {
  const { metafile, outputFiles } = await build({
    outdir,
    entryPoints: [`${source}/page.tsx`],
    bundle: true,
    format: 'iife',
    platform: 'browser',
    target: TARGET,
    jsx: 'automatic',
    jsxImportSource: 'preact',
    minify: true,
    write: false,
    legalComments: 'none', // THIRD-PARTY.txt has them
    metafile: true,
  });
  const textOf = (end) => outputFiles.find(({ path }) => path.endsWith(end)).text;
  const files = { 'index.html': await makeDocument(source, textOf('.css')), 'page.js': textOf('.js') };
  await mkdir(outdir, { recursive: true });
  let total = 0;
  for (const [name, text] of Object.entries(files)) {
    const gzipped = gzipSync(text, { level: 9 });
    total += gzipped.length;
    await writeFile(`${outdir}/${name}.gz`, gzipped);
  }
  if (total > MOST_GZIPPED) throw new Error(`the page has ${total} bytes gzipped, where ${MOST_GZIPPED} are its most`);
  return metafile.outputs;
}

/** All that the first paint needs: nothing that it loads holds it up. */
async function makeDocument(source, css) {
  const [html, first, views] = await Promise.all(
    ['index.html', 'first.ts', 'views.ts'].map((name) => readFile(`${source}/${name}`, 'utf8')),
  );
  const script = await transform(first, { loader: 'ts', minify: true, target: TARGET, format: 'iife' });
  const { code } = await transform(views, { loader: 'ts', format: 'esm' });
  const { VIEWS } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
  const links = VIEWS.map(({ title }, at) => `<a><kbd>${at + 1}</kbd>${title}</a>`);
  return html
    .replace('<!--style-->', () => `<style>${css.replaceAll('</style', '<\\/style').trim()}</style>`)
    .replace('<!--script-->', () => `<script>${script.code.trim()}</script>`)
    .replace('<!--views-->', () => links.join(''));
}
