import { resolve } from 'node:path';
import { EXIT, KfError } from '../contract/errors.js';
import { serveMcp } from '../dev/mcp/mcp-server.js';
import { fileSource, pageSource, type Source } from '../dev/mcp/source.js';
import { findPages } from '../dev/page-place.js';

/** `kf-cluster mcp [file]`: answers an assistant from the run of `dev` that was started last, or from a recorded session. */
export async function mcp(argv: Readonly<Record<string, unknown>>): Promise<number> {
  const app = argv.app === undefined ? undefined : String(argv.app);
  if (argv.file === undefined) await serveMcp(async () => latestPage(app));
  else {
    const source = await fileSource(resolve(String(argv.file)));
    await serveMcp(async () => source);
  }
  return EXIT.ok;
}

/** @throws KfError NOT_RUNNING */
function latestPage(app: string | undefined): Source {
  const page = findPages().findLast((one) => app === undefined || one.app === app);
  if (page !== undefined) return pageSource(page.url);
  const what =
    app === undefined ? 'no kf-cluster dev with a page runs' : `no kf-cluster dev of ${app} with a page runs`;
  throw new KfError('NOT_RUNNING', what, 'its address is looked for in the directory of the control sockets', {
    fix: 'Start it: kf-cluster dev app.js; or name a recorded session.',
  });
}
