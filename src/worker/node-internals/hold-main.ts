import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import vm from 'node:vm';
import { quietly } from './quietly.js';

/**
 * Holds the main module back until `boot` has settled: a preload by `--require` cannot wait for anything itself. Only for a
 * main module that goes through the loader of CommonJS.
 */
export function holdMain(boot: Promise<unknown>): void {
  const loader = process.getBuiltinModule('node:module');
  const load = loader._load;
  const held: (() => void)[] = [];
  let booting = true;
  const awake = setInterval(() => undefined, 60_000); // a hook may wait for what does not keep a process alive
  loader._load = function (request, parent, isMain) {
    if (!isMain || !booting) return Reflect.apply(load, this, [request, parent, isMain]);
    // As it stands then: what instruments modules has put itself in front of this meanwhile.
    held.push(() => void Reflect.apply(loader._load, this, [request, parent, isMain]));
    return {};
  };
  void boot.then(() => {
    // Out of the promise: what the app throws is an uncaught exception, as without us. And before any immediate: one that
    // the boot has set is to find the app loaded.
    process.nextTick(() => {
      booting = false;
      clearInterval(awake);
      for (const start of held) start();
    });
  });
}

/**
 * `import()` of a file beside this one when bundled. Said in a text, because a require hook that was preloaded before
 * (@swc-node/register) would compile it to `require`, which cannot load a module that awaits.
 */
export function importBeside(file: string): Promise<unknown> {
  const { href } = pathToFileURL(join(import.meta.dirname, file));
  const importModuleDynamically = vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER;
  return quietly(() => vm.runInThisContext(`import(${JSON.stringify(href)})`, { importModuleDynamically }));
}
