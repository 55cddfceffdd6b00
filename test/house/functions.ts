import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Node, type SourceFile, SyntaxKind } from 'typescript/unstable/ast';
import { API } from 'typescript/unstable/sync';
import { root } from '../helpers/run-node.js';

/** A function of a file, and how many lines it has from its first word to its closing brace. */
export interface FunctionLength {
  readonly file: string;
  readonly firstLine: string;
  readonly lines: number;
}

const FUNCTIONS: ReadonlySet<SyntaxKind> = new Set([
  SyntaxKind.FunctionDeclaration,
  SyntaxKind.FunctionExpression,
  SyntaxKind.ArrowFunction,
  SyntaxKind.MethodDeclaration,
  SyntaxKind.Constructor,
  SyntaxKind.GetAccessor,
  SyntaxKind.SetAccessor,
]);

/**
 * All functions of these files, callbacks too, as TypeScript's own parser finds them: without libraries, types or imports.
 *
 * @param files of the repository, as `src/core/stop.ts`
 */
export function functionLengths(files: readonly string[]): FunctionLength[] {
  const dir = mkdtempSync(join(tmpdir(), 'kf-functions-'));
  const config = join(dir, 'tsconfig.json');
  const compilerOptions = { noLib: true, noResolve: true, types: [], allowJs: true, jsx: 'preserve', target: 'es2023' };
  writeFileSync(config, JSON.stringify({ compilerOptions, files: files.map((file) => join(root, file)) }));
  const api = new API({ cwd: root });
  try {
    const [project] = api.updateSnapshot({ openProjects: [config] }).getProjects();
    return files.flatMap((file) => {
      const source = project?.program.getSourceFile(join(root, file));
      if (!source) throw new Error(`${file} has not been parsed`);
      return functionsOf(file, source);
    });
  } finally {
    api.close();
    rmSync(dir, { recursive: true });
  }
}

function functionsOf(file: string, source: SourceFile): FunctionLength[] {
  const found: FunctionLength[] = [];
  const visit = (node: Node): void => {
    if (FUNCTIONS.has(node.kind) && 'body' in node && node.body) {
      const lines = source.text.slice(node.getStart(source), node.end).split('\n');
      found.push({ file, firstLine: lines[0] ?? '', lines: lines.length });
    }
    node.forEachChild(visit);
  };
  visit(source);
  return found;
}
