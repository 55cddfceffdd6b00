import { symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { nodeFs } from '../../src/config/node-fs.js';
import { projectOf } from '../../src/config/project.js';
import { kf } from '../helpers/cli.js';
import { tree } from '../helpers/tree.js';

const CLI = 'node_modules/next/dist/bin/next';
const NEXT = { [CLI]: '', 'node_modules/next/package.json': '{"name":"next","version":"15.0.0"}' };
const under = (dir: string, files: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(files).map(([name, text]) => [`${dir}/${name}`, text]));

/** The project of a script as a path within the tree; both are given within it. */
function find(t: ExecutionContext, files: Readonly<Record<string, string>>) {
  const root = tree(t, files);
  const strip = (dir: string | undefined) => dir?.slice(root.length + 1);
  return (script: string, base: string) => {
    const { dir, workspace } = projectOf(join(root, script), join(root, base), nodeFs);
    return { dir: strip(dir), workspace: strip(workspace) };
  };
}

test('a plain script has the project of the nearest package.json', (t) => {
  const projectAt = find(t, {
    'package.json': '{"name":"outer"}',
    'shop/package.json': '{"name":"shop"}',
    'shop/src/app.js': '',
  });
  t.is(projectAt('shop/src/app.js', '').dir, 'shop');
  t.is(projectAt('shop/src/app.js', 'shop/src').dir, 'shop');
});

test('a script of an installed package has the project of the working directory', (t) => {
  const projectAt = find(t, {
    ...under('a', { ...NEXT, 'package.json': '{"name":"a"}', 'sub/x': '' }),
    ...under('b', { 'package.json': '{"name":"b"}' }),
  });
  t.is(projectAt(`a/${CLI}`, 'a').dir, 'a');
  t.is(projectAt(`a/${CLI}`, 'a/sub').dir, 'a');
  t.is(projectAt(`a/${CLI}`, 'b').dir, 'b', 'one CLI for two projects');
  t.is(projectAt(`a/${CLI}`, '').dir, 'a', 'no project there: the one that has it installed');
});

test('a linked package is one too, whatever its link is called', (t) => {
  const root = tree(t, { ...NEXT, 'package.json': '{"name":"shop"}', 'bin/x': '' });
  symlinkSync(join(root, CLI), join(root, 'bin/next'));
  t.is(projectOf(join(root, 'bin/next'), root, nodeFs).dir, root);
});

test('the output of a build has the project around it, not the package.json that the bundler wrote', (t) => {
  const projectAt = find(t, {
    'package.json': '{"name":"shop"}',
    '.output/server/package.json': '{"name":"shop-prod","version":"0.0.0","type":"module"}',
    '.output/server/index.mjs': '',
    'dist/package.json': '{"type":"commonjs"}',
    'dist/main.js': '',
    'apps/api/dist/package.json': '{"name":"generated","dependencies":{}}',
    'apps/api/dist/main.js': '',
    'apps/api/package.json': '{"name":"api"}',
  });
  t.is(projectAt('.output/server/index.mjs', '').dir, '');
  t.is(projectAt('.output/server/index.mjs', '..').dir, '');
  t.is(projectAt('dist/main.js', '').dir, '');
  t.is(projectAt('apps/api/dist/main.js', '').dir, '', 'that of the working directory');
  t.is(projectAt('apps/api/dist/main.js', 'apps/api').dir, 'apps/api');
});

test('an output that was copied without its project stands for itself, and so does a directory that is named like one', (t) => {
  const projectAt = find(t, {
    'srv/.output/server/package.json': '{"name":"shop-prod"}',
    'srv/.output/server/index.mjs': '',
    'build/shop/package.json': '{"name":"shop"}',
    'build/shop/app.js': '',
  });
  t.is(projectAt('srv/.output/server/index.mjs', 'srv').dir, 'srv/.output/server');
  t.is(projectAt('build/shop/app.js', 'build/shop').dir, 'build/shop');
});

test('a package.json that only says how files are to be read is passed over', (t) => {
  const projectAt = find(t, {
    'package.json': '{"name":"shop"}',
    'src/package.json': '{"type":"module"}',
    'src/app.js': '',
  });
  t.is(projectAt('src/app.js', '').dir, '');
});

test('a member of a workspace knows the root, of npm, Yarn and pnpm; who is not named is no member', (t) => {
  const projectAt = find(t, {
    'npm/package.json': '{"workspaces":["apps/*","!apps/old"]}',
    'npm/apps/web/package.json': '{"name":"web"}',
    'npm/apps/old/package.json': '{"name":"old"}',
    'npm/tools/x/package.json': '{"name":"x"}',
    'yarn/package.json': '{"workspaces":{"packages":["packages/**"]}}',
    'yarn/packages/a/b/package.json': '{"name":"b"}',
    'pnpm/package.json': '{}',
    'pnpm/pnpm-workspace.yaml': 'packages:\n  - "apps/*" # all\n  - libs/*\ncatalog:\n  - other/*\n',
    'pnpm/apps/web/package.json': '{"name":"web"}',
    'pnpm/libs/c/package.json': '{"name":"c"}',
    'pnpm/other/d/package.json': '{"name":"d"}',
  });
  const workspaceAt = (dir: string) => projectAt(`${dir}/app.js`, dir).workspace;
  t.is(workspaceAt('npm/apps/web'), 'npm');
  t.is(workspaceAt('npm/apps/old'), undefined);
  t.is(workspaceAt('npm/tools/x'), undefined);
  t.is(workspaceAt('yarn/packages/a/b'), 'yarn');
  t.is(workspaceAt('pnpm/apps/web'), 'pnpm');
  t.is(workspaceAt('pnpm/libs/c'), 'pnpm');
  t.is(workspaceAt('pnpm/other/d'), undefined);
});

interface Shown {
  readonly name: string;
  readonly configFile: string | null;
}

async function shown(dir: string, script: string): Promise<Shown> {
  const { stdout, stderr, code } = await kf(['config', script, '--json'], dir);
  if (code !== 0) throw new Error(stderr);
  const { options, configFile } = JSON.parse(stdout);
  return { name: options.name.value, configFile };
}

test('name and config file come from the project, for two projects that use one CLI too', async (t) => {
  const root = tree(t, {
    ...under('tools', NEXT),
    'a/package.json': '{"name":"a"}',
    'a/kf-cluster.config.json': '{"workers":1}',
    'b/package.json': '{"kf-cluster":{"workers":1}}',
  });
  const cli = join(root, 'tools', CLI);
  t.deepEqual(await shown(join(root, 'a'), cli), { name: 'a', configFile: join(root, 'a/kf-cluster.config.json') });
  t.deepEqual(await shown(join(root, 'b'), cli), { name: 'b', configFile: join(root, 'b/package.json') });
});

test('a config file is looked for up to the root of the workspace; the nearest one counts', async (t) => {
  const root = tree(t, {
    'package.json': '{"name":"all","workspaces":["apps/*"]}',
    'kf-cluster.config.json': '{"workers":1}',
    'apps/web/package.json': '{"name":"web"}',
    'apps/web/dist/main.js': '',
    'apps/api/package.json': '{"name":"api","kf-cluster":{"workers":1}}',
    'apps/api/app.js': '',
  });
  const web = await shown(join(root, 'apps/web'), 'dist/main.js');
  t.deepEqual(web, { name: 'web', configFile: join(root, 'kf-cluster.config.json') });
  const api = await shown(root, 'apps/api/app.js');
  t.deepEqual(api, { name: 'api', configFile: join(root, 'apps/api/package.json') });
  t.is(dirname(api.configFile!), join(root, 'apps/api'));
});
