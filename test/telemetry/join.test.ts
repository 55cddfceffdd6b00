import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'ava';
import { appFolder } from '../helpers/app-folder.js';
import { isHere } from '../helpers/nodes.js';
import { nodes, root, runNode } from '../helpers/run-node.js';

const API = '@opentelemetry/api';

for (const [name, node] of Object.entries(nodes)) {
  for (const api of ['otel-api-1.9', 'otel-api-1.10']) {
    test(`${name}, ${api}: the second provider replaces the first, also for early tracers`, async (t) => {
      if (!isHere(t, node)) return;
      const script = appFolder({ fixture: 'telemetry-join.cjs', copies: { [API]: api } });
      const { stdout, stderr } = await runNode([script, `${root}dist`], {}, node).done;
      t.deepEqual(
        JSON.parse(stdout || stderr),
        // The app may set a meter provider through its own copy: the table has that copy's version.
        { joined: 2, problems: [], meters: true, names: ['second:early', 'second:late'] },
        stderr,
      );
    });
  }
}

test('a copy that cannot be joined is named with the way to mend it', async (t) => {
  const script = appFolder({ fixture: 'telemetry-join.cjs', copies: { [API]: 'otel-api-1.9' } });
  // A pre-release accepts no version but its own.
  const dir = join(dirname(script), 'node_modules', API);
  const file = join(dir, 'build/src/version.js');
  writeFileSync(file, readFileSync(file, 'utf8').replace("'1.9.0'", "'1.9.0-dev'"));
  writeFileSync(
    join(dir, 'package.json'),
    readFileSync(join(dir, 'package.json'), 'utf8').replace('"1.9.0"', '"1.9.0-dev"'),
  );
  const { stdout, stderr } = await runNode([script, `${root}dist`]).done;
  const { problems } = JSON.parse(stdout || stderr);
  t.true(
    problems.some((text: string) => /1\.9\.0-dev.*cannot see the provider.*npm dedupe/.test(text)),
    stderr,
  );
});
