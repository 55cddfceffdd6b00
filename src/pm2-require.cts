// The form of kf-cluster/pm2 for `--require`. Such a preload cannot wait for postFork, so it holds the main module back
// instead, which is pm2's own wrapper and loads the app later, until the other form has done its work. The loader of
// CommonJS gives every main module to Module._load and uses nothing of what that returns.
type Load = (this: unknown, request: string, parent: unknown, isMain: boolean) => unknown;
const loader = process.getBuiltinModule('node:module') as unknown as { _load: Load };
const { isMainThread } = process.getBuiltinModule('node:worker_threads');

const { env } = process;
const isOfPm2 = env.pm2_env !== undefined || (env.pm_exec_path !== undefined && env.pm_id !== undefined);
if (isMainThread && env.KF_WORKER_SLOT === undefined && isOfPm2) hold(import('./pm2.js' as string));

function hold(boot: Promise<unknown>): void {
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
  boot.then(() => {
    // Out of the promise: what the app throws is an uncaught exception, as without us.
    setImmediate(() => {
      booting = false;
      clearInterval(awake);
      for (const start of held) start();
    });
  });
}
