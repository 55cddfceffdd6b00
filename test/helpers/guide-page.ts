import { execFile } from 'node:child_process';

/** A block of the shell on a page. */
export interface Block {
  readonly command: string;
  /** What the page says that it prints. */
  readonly output: string | undefined;
}

/** The `sh` blocks of a page; a block without a language behind one is its output. */
export function blocksIn(text: string): Block[] {
  const blocks = [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language = '', body = '']) => ({
    language,
    body,
  }));
  return blocks.flatMap(({ language, body }, i) => {
    const next = blocks[i + 1];
    return language === 'sh' ? [{ command: body, output: next?.language === '' ? next.body : undefined }] : [];
  });
}

/** The files that a page shows: the first line of each names it in a comment. */
export function filesIn(text: string): Record<string, string> {
  return Object.fromEntries(
    [...text.matchAll(/^```js\n\/\/ (\S+)\n([\s\S]*?)^```$/gm)].map(([, name, body]) => [name, body]),
  );
}

/** Runs a block as a reader would: in a shell, where the first command that fails ends it. */
export function runBlock(
  command: string,
  cwd: string,
  env: Readonly<Record<string, string>>,
): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) =>
    execFile('bash', ['-eo', 'pipefail', '-c', command], { cwd, env }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    ),
  );
}
