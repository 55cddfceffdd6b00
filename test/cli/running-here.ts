import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Config } from '../../src/config/types.js';
import { openControl } from '../../src/control/server.js';
import { hosted } from '../control/hosted.js';
import { keptLog } from '../supervisor/kept-log.js';

/** Where the commands of this test file find who runs: a directory of this process, gone with it. Nothing has colours. */
export function runtimeDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'kf-commands-'));
  Object.assign(process.env, { XDG_RUNTIME_DIR: dir, NO_COLOR: '1' });
  test.after.always(() => rmSync(dir, { recursive: true }));
  return dir;
}

/** A supervisor on scripted ports behind a real control socket, which runs under that name until the test is over. */
export async function running(
  t: ExecutionContext,
  name: string,
  change: Partial<Config> = {},
  next: Partial<Config> = {},
) {
  const { log } = keptLog();
  const control = await openControl(name, log);
  const made = await hosted(t, { name, ...change }, next);
  control.serve(made.host);
  let isOpen = true;
  const close = async () => {
    if (!isOpen) return;
    isOpen = false;
    await control.close();
  };
  t.teardown(close);
  return { ...made, close };
}
