import { createRequire } from 'node:module';
import { join } from 'node:path';
import { BOOT_ENV } from '../../config/boot-messages.js';
import { requireCached } from '../../system/code-cache.js';
import { chooseAsyncContext } from '../node-internals/async-context.js';
import { keepTickShape } from '../node-internals/tick-shape.js';
import type { beginPlain } from './plain-worker.js';

// Preloaded with `--require` instead of preload.ts where nothing has to be awaited before the app: no telemetry and no
// hook files. Without an `--import` Node does not load the app through its ES module loader, if the app needs none.
//
// A thread of the app has no channel to a primary. `isMainThread` would say it too, for a millisecond of each boot: nothing else of
// node:worker_threads is needed.
if (process.send && process.env[BOOT_ENV] !== undefined) {
  keepTickShape();
  chooseAsyncContext();
  const file = join(import.meta.dirname, './plain-worker.cjs');
  const { exports, keep } = requireCached(file, (url) => import(url));
  // An app that walks through `require.cache`, to load its files anew say, finds its own alone.
  const { cache } = createRequire(import.meta.filename);
  for (const own of [file, import.meta.filename]) delete cache[own];
  (exports as { beginPlain: typeof beginPlain }).beginPlain(keep);
}
