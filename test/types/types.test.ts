import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import test from 'ava';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const TSC = join(createRequire(import.meta.url).resolve('typescript/package.json'), '../bin/tsc');

/** A user's project: what is installed with this package that its types name, Node's types, and the strictest settings. */
const TSCONFIG = {
  compilerOptions: {
    ...{ module: 'nodenext', target: 'es2023', lib: ['es2023', 'esnext.disposable'], types: ['node'], noEmit: true },
    ...{ strict: true, exactOptionalPropertyTypes: true, verbatimModuleSyntax: true, skipLibCheck: false },
  },
};

test('the public API has types for ES modules and for CommonJS', async (t) => {
  const project = await mkdtemp(join(tmpdir(), 'kf-types-'));
  t.teardown(() => rm(project, { recursive: true }));
  await cp(join(ROOT, 'test/fixtures/types'), project, { recursive: true });
  await mkdir(join(project, 'node_modules/@types'), { recursive: true });
  // Its own folder, not a link to this repository, in whose node_modules every type would be found.
  const own = join(project, 'node_modules/kf-cluster');
  await cp(join(ROOT, 'dist/types'), join(own, 'dist/types'), { recursive: true });
  await cp(join(ROOT, 'package.json'), join(own, 'package.json'));
  await cp(join(ROOT, 'node_modules/@opentelemetry/api'), join(project, 'node_modules/@opentelemetry/api'), {
    recursive: true,
  });
  await symlink(join(ROOT, 'node_modules/@types/node'), join(project, 'node_modules/@types/node'));
  await writeFile(join(project, 'tsconfig.json'), JSON.stringify(TSCONFIG));
  const outcome = await run(process.execPath, [TSC, '-p', project]).catch((error) => error);
  t.is(outcome.stdout, '');
});

test('require and import give the same API', async (t) => {
  const require = createRequire(import.meta.url);
  for (const name of ['kf-cluster', 'kf-cluster/hooks']) {
    const required = Object.keys(require(name)).filter((key) => key !== '__esModule');
    t.deepEqual(required, Object.keys(await import(name)));
  }
  t.true(require('kf-cluster').cluster.isPrimary);
});
