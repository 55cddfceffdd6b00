// Bundles what starts often into few files: a worker that resolves a hundred modules pays for it at each boot.
import { rm } from 'node:fs/promises';
import { build } from 'esbuild';

const outdir = 'dist/bundle';
await rm(outdir, { recursive: true, force: true });
await build({
  entryPoints: {
    bin: 'src/bin.ts',
    index: 'src/index.ts',
    hooks: 'hooks/index.ts',
    register: 'src/register.ts',
    worker: 'src/worker/main.ts',
    telemetry: 'src/telemetry/index.ts',
    receiver: 'src/dev/process.ts',
  },
  outdir,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  sourcemap: 'linked',
  legalComments: 'linked',
  // The app's copy of the api must be the one that is used, and the loader hooks are resolved by name.
  external: [
    '@opentelemetry/api',
    '@opentelemetry/instrumentation/hook.mjs',
    'import-in-the-middle',
    'require-in-the-middle',
  ],
  // CommonJS dependencies inside an ES module still call require for node's own modules.
  banner: {
    js: "import { createRequire as __kfRequire } from 'node:module';const require = __kfRequire(import.meta.url);",
  },
});

// Alone and small: this one runs in a thread of every worker, where each module costs memory.
await build({
  entryPoints: { 'watchdog-thread': 'src/worker/watchdog-thread.ts' },
  outdir,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  sourcemap: 'linked',
});
