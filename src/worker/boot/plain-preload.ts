import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { chooseAsyncContext } from '../node-internals/async-context.js';
import { keepTickShape } from '../node-internals/tick-shape.js';
import { beginBoot } from './begin.js';
import { takeBoot } from './boot-message.js';
import { hidePreload } from './preload-flag.js';
import { waitForRelease } from './standby-gate.js';

// Preloaded with `--require` instead of preload.ts where nothing has to be awaited before the app: no telemetry and no
// hook files. Without an `--import` Node does not load the app through its ES module loader, if the app needs none.
//
// A thread of the app has no channel to a primary. `isMainThread` would say it too, for a millisecond of each boot: nothing else of
// node:worker_threads is needed here.
const boot = process.send ? takeBoot(process.env) : undefined;
if (boot) {
  keepTickShape();
  chooseAsyncContext();
  if (boot.held) waitForRelease();
  hidePreload();
  // An app that walks through `require.cache`, to load its files anew say, finds its own alone.
  delete createRequire(import.meta.url).cache[fileURLToPath(import.meta.url)];
  beginBoot(boot).letAppIn();
}
