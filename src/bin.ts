#!/usr/bin/env node
// Nothing here may be newer than the oldest Node that should read the message: no static import, no await at the top.
const [major, minor] = process.versions.node.split('.').map(Number) as [number, number];

if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(
    `error NODE_TOO_OLD: this is Node ${process.versions.node}\n  why: kf-cluster needs 20.19 or newer\n` +
      '  fix: Use Node 20.19 or newer.\n',
  );
  process.exitCode = 2;
} else {
  // No process.exit: what stands in the pipe to stdout would be cut off.
  import('./cli/main.js')
    .then(({ main }) => main(process.argv.slice(2)))
    .then((code) => {
      process.exitCode = code;
    });
}
