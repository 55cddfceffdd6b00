import { createHash } from 'node:crypto';
import type { Session } from '../page-api.js';
import { readAsset } from './assets.js';

/**
 * The page with a session in it, as one file that asks nobody for anything. Undefined where this build has no page. What a
 * sender wrote stands in it as data: no `<` of it is left that could end the element.
 */
export async function renderPage(session: Session): Promise<string | undefined> {
  const [html, script, style] = await Promise.all(['/', '/assets/page.js', '/assets/page.css'].map(readAsset));
  if (html === undefined || script === undefined || style === undefined) return undefined;
  const code = script.body.toString().replaceAll('</script', '<\\/script');
  const css = style.body.toString().replaceAll('</style', '<\\/style');
  const data = JSON.stringify(session).replaceAll('<', '\\u003c');
  const csp = [
    "default-src 'none'",
    `script-src '${hashOf(code)}'`,
    `style-src '${hashOf(css)}'`,
    "img-src data:; base-uri 'none'; form-action 'none'",
    "require-trusted-types-for 'script'; trusted-types 'none'",
  ].join('; ');
  const head = `<meta http-equiv="content-security-policy" content="${csp}"><style>${css}</style>`;
  const body =
    `<script type="application/json" id="session">${data}</script>` + `<script type="module">${code}</script>`;
  return html.body
    .toString()
    .replace(/<link[^>]*rel="stylesheet"[^>]*>/, () => '')
    .replace(/<script[^>]*src=[^>]*><\/script>/, () => '')
    .replace('</head>', () => `${head}</head>`)
    .replace('</body>', () => `${body}</body>`);
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
