// The form of kf-cluster/pm2 for `--require`. Such a preload cannot wait for postFork, so it holds the main module back
// instead, which is pm2's own wrapper and loads the app later, until the other form has done its work.
import { holdMain, importBeside } from '../worker/node-internals/hold-main.js';

const { isMainThread } = process.getBuiltinModule('node:worker_threads');

const { env } = process;
const isOfPm2 = env.pm2_env !== undefined || (env.pm_exec_path !== undefined && env.pm_id !== undefined);
if (isMainThread && env.KF_WORKER_SLOT === undefined && isOfPm2) holdMain(importBeside('./pm2.js'));
