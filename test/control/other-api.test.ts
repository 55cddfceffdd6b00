import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { findSupervisor } from '../../src/control/find-supervisor.js';

test('a supervisor that speaks another version of the control protocol is refused, with the way to stop it', async (t) => {
  const runtime = mkdtempSync(join(tmpdir(), 'kf-api-'));
  const dir = join(runtime, 'kf-cluster');
  mkdirSync(dir, { mode: 0o700 });
  process.env.XDG_RUNTIME_DIR = runtime;
  const identity = { api: 2, name: 'later', pid: 4321, script: '/srv/app.js' };
  const server = createServer((_request, response) => response.end(JSON.stringify(identity)));
  t.teardown(() => {
    server.close();
    rmSync(runtime, { recursive: true });
  });
  const path = join(dir, 'later.sock');
  await new Promise<void>((resolve) => server.listen(path, resolve));
  chmodSync(path, 0o600);
  const error = await t.throwsAsync(findSupervisor({ name: 'later' }), { message: /another release/ });
  t.like(error, { code: 'BUILD_MISMATCH' });
  t.regex(String((error as { fix?: string }).fix), /kill -TERM 4321/);
});
