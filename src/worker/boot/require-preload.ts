import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';

import { BOOT_ENV } from '../../config/boot-messages.js';
import { holdMain, importBeside } from '../node-internals/hold-main.js';

// Preloaded with `--require` instead of preload.ts where the app is CommonJS and modules preloaded the same way are to load it:
// with any `--import` Node takes the app through its ES module loader, which knows nothing of require hooks.
if (isMainThread && process.env[BOOT_ENV] !== undefined) {
  holdMain(importBeside('./worker.js'));
  // As in plain-preload.ts.
  delete createRequire(import.meta.url).cache[fileURLToPath(import.meta.url)];
}
