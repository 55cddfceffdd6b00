#!/usr/bin/env node
// Nothing here may be newer than the oldest Node that should read the message: the rest stands in a file of its own.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(
    `error NODE_TOO_OLD: this is Node ${process.versions.node}\n  why: kf-cluster needs 20.19 or newer\n` +
      '  fix: Use Node 20.19 or newer.\n',
  );
  process.exitCode = 2;
} else {
  const args = process.argv.slice(2);
  const main = load(args[0] !== 'start' && hasDirectory());
  // No process.exit: what stands in the pipe to stdout would be cut off.
  if (main) {
    main(args).then((code) => {
      process.exitCode = code;
    });
  }
}

type Main = (args: readonly string[]) => Promise<number>;
type Keeping = (args: readonly string[], keep: () => void) => Promise<number>;

/** Beside this file in dist/bundle, bundled as CommonJS: the supervisor, and all other commands. */
function load(isCommand: boolean): Main | undefined {
  try {
    const { requireCached } = require('./system/code-cache.js') as {
      requireCached(file: string, importHere: (url: string) => Promise<unknown>): { exports: unknown; keep(): void };
    };
    const file = `${__dirname}/${isCommand ? 'commands.cjs' : 'primary.cjs'}`;
    const { exports, keep } = requireCached(file, (url) => import(url));
    const { main, mainCommand } = exports as { main: Keeping; mainCommand: Keeping };
    const run = isCommand ? mainCommand : main;
    return (args) => run(args, keep);
  } catch (error) {
    const why = (error instanceof Error ? error.message : String(error)).split('\n')[0];
    process.stderr.write(
      `error CANNOT_LOAD: kf-cluster cannot be loaded\n  why: ${why}\n` +
        '  fix: Mend what is named above, or install kf-cluster anew.\n',
    );
    process.exitCode = 1;
    return undefined;
  }
}

/** Without one the file of the commands cannot even be loaded; the other one knows what can be done. */
function hasDirectory(): boolean {
  try {
    process.cwd();
    return true;
  } catch {
    return false;
  }
}
