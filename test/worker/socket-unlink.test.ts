import fs from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { secondName } from '../../src/contract/socket-path.js';
import { keepSocketPaths } from '../../src/worker/node-internals/socket-unlink.js';
import { privateDir } from '../helpers/cluster.js';

const plain = { unlinkSync: fs.unlinkSync, rmSync: fs.rmSync, unlink: fs.promises.unlink, rm: fs.promises.rm };
keepSocketPaths(process.ppid);

async function listening(t: ExecutionContext): Promise<string> {
  const path = join(privateDir(t), 'app.sock');
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(path, resolve));
  t.teardown(() => server.close());
  return path;
}

test('a socket that the primary has bound a moment ago stays, before it has its second name', async (t) => {
  const path = await listening(t);
  fs.writeFileSync(secondName(path, process.ppid), '');
  fs.unlinkSync(path);
  fs.rmSync(path);
  await fs.promises.rm(path, { force: true });
  await new Promise((resolve) => fs.unlink(path, resolve));
  t.true(fs.lstatSync(path).isSocket());
});

test('a socket that is not of the primary is removed', async (t) => {
  const path = await listening(t);
  fs.writeFileSync(secondName(path, process.pid), '');
  await fs.promises.unlink(path);
  t.false(fs.existsSync(path));
});

test('where nothing is, the error is the one of Node', async (t) => {
  const path = join(privateDir(t), 'none');
  for (const [ours, nodes] of [
    [() => fs.unlinkSync(path), () => plain.unlinkSync(path)],
    [() => fs.rmSync(path), () => plain.rmSync(path)],
  ] as const) {
    const { code, syscall, path: at, message } = t.throws<NodeJS.ErrnoException>(nodes);
    t.like(t.throws(ours), { code, syscall, path: at, message });
  }
  const error = await t.throwsAsync<NodeJS.ErrnoException>(plain.unlink(path));
  t.like(await t.throwsAsync(fs.promises.unlink(path)), { code: error.code, message: error.message });
  t.notThrows(() => fs.rmSync(path, { force: true }));
  t.throws(() => fs.rmSync(path, { force: 'no' } as never), { code: 'ERR_INVALID_ARG_TYPE' });
});
