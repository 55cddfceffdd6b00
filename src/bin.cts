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
  // Beside this file in dist/bundle: the command line and the supervisor, bundled as CommonJS.
  const { requireCached } = require('./code-cache.js') as { requireCached(file: string, keep: boolean): unknown };
  const args = process.argv.slice(2);
  const primary = requireCached(`${__dirname}/primary.cjs`, args[0] === 'start');
  const { main } = primary as { main(args: readonly string[]): Promise<number> };
  // No process.exit: what stands in the pipe to stdout would be cut off.
  main(args).then((code) => {
    process.exitCode = code;
  });
}
