/** A program that starts another file of Node in a process of its own. */
type Starter =
  /** Nothing but its own options stands between it and the file: what does the same in our process. */
  | { readonly nodeArgs: readonly string[] }
  /** Workers would be the wrong processes: why, and what to do instead. */
  | { readonly why: string; readonly fix: string };

const SPAWNS = 'it starts a process of its own';
const several = { why: 'it starts several programs', fix: 'Start a cluster for each of them.' };
const supervisor = {
  why: 'it is a supervisor of its own',
  fix: 'Name the app, or the ecosystem file: kf-cluster start ecosystem.config.js',
};
export const WATCHES = {
  why: SPAWNS,
  fix: 'Name the file that it runs: kf-cluster start FILE; --watch reloads when files change.',
};
const dotenv = { why: SPAWNS, fix: 'Name the file that it runs, with --env-file .env' };
const built = (file: string) => ({ why: SPAWNS, fix: `Build it, and name the output: kf-cluster start ${file}` });

/** Known by what they are called in scripts of package.json. */
export const STARTERS: Readonly<Record<string, Starter>> = {
  tsx: { nodeArgs: ['--import', 'tsx'] },
  'ts-node': { nodeArgs: ['-r', 'ts-node/register'] },
  'swc-node': { nodeArgs: ['-r', '@swc-node/register'] },
  nodemon: WATCHES,
  'node-dev': WATCHES,
  'ts-node-dev': WATCHES,
  tsnd: WATCHES,
  nest: built('dist/main.js'),
  nuxt: built('.output/server/index.mjs'),
  nuxi: built('.output/server/index.mjs'),
  nitro: built('.output/server/index.mjs'),
  pm2: supervisor,
  'pm2-runtime': supervisor,
  concurrently: several,
  'npm-run-all': several,
  dotenv,
  dotenvx: dotenv,
};
