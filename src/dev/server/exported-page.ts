import { gunzipSync } from 'node:zlib';
import type { Session } from '../page-api.js';
import { hashOf, readAsset } from './assets.js';

/**
 * The page with a session in it, as one file that asks nobody for anything. Undefined where this build has no page. What a
 * sender wrote stands in it as data: no `<` of it is left that could end the element.
 */
export async function renderPage(session: Session): Promise<string | undefined> {
  const [html, script] = await Promise.all(['/', '/assets/page.js'].map(readAsset));
  if (html === undefined || script === undefined) return undefined;
  const document = gunzipSync(html.gzipped).toString();
  const [, style = ''] = /<style>(.*?)<\/style>/s.exec(document) ?? [];
  const code = gunzipSync(script.gzipped).toString().replaceAll('</script', '<\\/script');
  const data = JSON.stringify(session).replaceAll('<', '\\u003c');
  const csp = [
    "default-src 'none'",
    `script-src ${hashOf(code)}`,
    `style-src ${hashOf(style)}`,
    "img-src data:; base-uri 'none'; form-action 'none'",
    "require-trusted-types-for 'script'; trusted-types 'none'",
  ].join('; ');
  const policy = `<meta http-equiv="content-security-policy" content="${csp}">`;
  const body =
    `<script type="application/json" id="session">${data}</script>` + `<script type="module">${code}</script>`;
  return document
    .replace(/<script>.*?<\/script>/s, '')
    .replace('<style>', () => `${policy}<style>`)
    .replace('</body>', () => `${body}</body>`);
}
