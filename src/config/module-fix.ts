import { extname } from 'node:path';

const ESM_IN_COMMONJS = /Unexpected token 'export'|Cannot use import statement outside a module/;
const COMMONJS_IN_ESM = /^(module|exports|require) is not defined in ES module scope/;

/**
 * What to do about a file that is written in one module system, and is of the other one by its name and its package.json.
 * Undefined for any other error.
 */
export function moduleFix(error: unknown, file: string): string | undefined {
  if (!(error instanceof SyntaxError || error instanceof ReferenceError)) return undefined;
  const extension = extname(file);
  const kind = /^\.[cm]?ts$/.test(extension) ? 'ts' : 'js';
  const byName = extension === `.c${kind}` || extension === `.m${kind}`;
  if (ESM_IN_COMMONJS.test(error.message)) {
    const rename = `Call the file .m${kind}`;
    return byName
      ? `${rename}: ${extension} is CommonJS, and it is written as an ES module.`
      : `${rename}, or set "type": "module" in its package.json: it is written as an ES module, and is none by its name.`;
  }
  const [, what] = COMMONJS_IN_ESM.exec(error.message) ?? [];
  if (what === undefined) return undefined;
  const instead = what === 'require' ? 'write import' : 'write export default { ... }';
  return `Call the file .c${kind}, or ${instead}: it is written in CommonJS, and is an ES module by its ${byName ? 'name' : 'package.json'}.`;
}
