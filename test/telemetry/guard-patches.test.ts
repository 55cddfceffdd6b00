import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire, register } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { InstrumentationBase, InstrumentationNodeModuleDefinition } from '@opentelemetry/instrumentation';
import test, { type ExecutionContext } from 'ava';
import { createLog } from '../../src/contract/log.js';
import { guardPatches } from '../../src/telemetry/guard-patches.js';
import { statesOf } from '../../src/telemetry/instrumentation-states.js';
import { privateDir } from '../helpers/cluster.js';

class Throws extends InstrumentationBase {
  constructor() {
    super('throws', '1', {});
  }

  protected init() {
    return new InstrumentationNodeModuleDefinition('kf-old-library', ['*'], () => {
      throw new TypeError('no such method');
    });
  }
}

interface Library {
  greet(): string;
  Client: { new (): { ask(): string }; prototype: { ask(): string } };
}

/** Knows `module.exports` alone, as those of redis 2 and memcached do. */
class Methods extends InstrumentationBase {
  constructor() {
    super('instrumentation-methods', '1', {});
  }

  protected init() {
    return new InstrumentationNodeModuleDefinition('kf-methods', ['*'], (exports: Library) => {
      this._wrap(exports.Client.prototype, 'ask', (ask) => () => `traced ${ask()}`);
      this._wrap(exports, 'greet', (greet) => () => `traced ${greet()}`);
      return exports;
    });
  }
}

/** Gives back another function, as that of connect does. */
class Replaces extends InstrumentationBase {
  constructor() {
    super('@opentelemetry/instrumentation-connect', '1', {});
  }

  protected init() {
    return new InstrumentationNodeModuleDefinition(
      'kf-function',
      ['*'],
      (exports: () => string) => () => `traced ${exports()}`,
    );
  }
}

register('@opentelemetry/instrumentation/hook.mjs', import.meta.url);

const SILENT = createLog({ format: 'pretty', level: 'error', label: 'test', sink: () => undefined });

/** The namespace that an ES module gets of a CommonJS package, with the hook of OpenTelemetry in place. */
async function imported(t: ExecutionContext, name: string, text: string): Promise<Record<string, unknown>> {
  const dir = privateDir(t);
  const folder = join(dir, 'node_modules', name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, version: '1.2.3', main: 'index.js' }));
  writeFileSync(join(folder, 'index.js'), text);
  writeFileSync(join(dir, 'app.mjs'), `export * as names from '${name}';`);
  return (await import(pathToFileURL(join(dir, 'app.mjs')).href)).names;
}

test('an instrumentation that throws at the namespace of an import patches what the CommonJS module exports', async (t) => {
  const instrumentation = new Methods();
  guardPatches([{ name: 'names', package: 'names', instrumentation, before: new Set() }], SILENT);
  const text = `exports.greet = () => 'hello';
const name = 'Client';
exports[name] = class {};
exports[name].prototype.ask = () => 'answer';`; // a name that no parser sees is one of the default alone
  const names = await imported(t, 'kf-methods', text);
  const own = names.default as Library;
  t.is(own.greet(), 'traced hello');
  t.is(new own.Client().ask(), 'traced answer');
  t.is((names.greet as () => string)(), 'traced hello', 'the name is patched as the default is');
});

test('one that is known to be for require alone gets the function that a CommonJS module is', async (t) => {
  const instrumentation = new Replaces();
  guardPatches([{ name: 'connect', package: 'connect', instrumentation, before: new Set() }], SILENT);
  const names = await imported(t, 'kf-function', `module.exports = () => 'app';`);
  t.is((names.default as () => string)(), 'traced app');
});

test('an instrumentation that throws when it is to patch leaves the module as it is, and is named', (t) => {
  const dir = privateDir(t);
  const folder = join(dir, 'node_modules', 'kf-old-library');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"name":"kf-old-library","version":"1.2.3","main":"index.js"}');
  writeFileSync(join(folder, 'index.js'), 'exports.works = () => true;');
  const lines: string[] = [];
  const log = createLog({ format: 'pretty', level: 'info', label: 'test', sink: (line) => void lines.push(line) });
  const instrumentation = new Throws();
  const made = [{ name: 'old-library', package: 'instrumentation-old', instrumentation, before: new Set<string>() }];
  guardPatches(made, log);
  const require = createRequire(join(dir, 'app.cjs'));
  t.true((require('kf-old-library') as { works(): boolean }).works());
  t.is(lines.length, 1);
  t.regex(lines[0]!, /instrumentation failed.*kf-old-library.*version=1\.2\.3.*why="no such method".*old-library/);
  const state = {
    name: 'kf-old-library',
    state: 'failed',
    version: '1.2.3',
    why: 'its instrumentation threw: no such method',
  };
  t.like(statesOf(made, [])[0], { state: 'failed', modules: [state] });
});
