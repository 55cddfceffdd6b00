import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { InstrumentationBase, InstrumentationNodeModuleDefinition } from '@opentelemetry/instrumentation';
import test from 'ava';
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
