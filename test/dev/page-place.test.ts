import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { createLog } from '../../src/contract/log.js';
import { findPages, publishPage } from '../../src/dev/page-place.js';
import { write } from '../diagnose/set-up.js';

const silent = createLog({ format: 'pretty', level: 'silent', sink: () => undefined, label: '' });
const place = (fields: object = {}) => ({ pid: process.pid, app: 'shop', url: 'http://x/#t', startedAt: 1, ...fields });

test('a page is found by its own user while its run is alive, newest last, and its address is private', (t) => {
  const env = { XDG_RUNTIME_DIR: write(t, { files: {} }) };
  t.deepEqual(findPages(env), []);
  const dir = join(env.XDG_RUNTIME_DIR, 'kf-cluster');
  const withdraw = publishPage(place({ startedAt: 2 }), silent, env);
  t.is(statSync(join(dir, `dev-${process.pid}.page`)).mode & 0o777, 0o600);
  publishPage(place({ pid: process.ppid, startedAt: 1 }), silent, env);
  publishPage(place({ pid: 2 ** 22 + 1, startedAt: 3 }), silent, env);
  t.deepEqual(
    findPages(env).map(({ pid }) => pid),
    [process.ppid, process.pid],
  );
  publishPage(place({ url: 'http://y/#t' }), silent, env);
  t.is(findPages(env).find(({ pid }) => pid === process.pid)?.url, 'http://y/#t', 'of a pid that was used before');
  withdraw();
  withdraw();
  t.false(existsSync(join(dir, `dev-${process.pid}.page`)));
});

test('what is half written, of another form, or has another name is no page', (t) => {
  const env = { XDG_RUNTIME_DIR: write(t, { files: {} }) };
  publishPage(place(), silent, env);
  const dir = join(env.XDG_RUNTIME_DIR, 'kf-cluster');
  writeFileSync(join(dir, 'dev-1.page'), '{"pid":1');
  writeFileSync(join(dir, 'dev-2.page'), JSON.stringify({ pid: '2', app: 'x', url: 'y', startedAt: 1 }));
  writeFileSync(join(dir, 'dev-3.page'), 'null');
  writeFileSync(join(dir, 'dev-x.page'), JSON.stringify(place()));
  t.is(readdirSync(dir).length, 5);
  t.is(findPages(env).length, 1);
});

test('a directory that others may write to is not trusted, neither to read nor to write', (t) => {
  const runtime = write(t, { files: {} });
  const dir = join(runtime, 'kf-cluster');
  mkdirSync(dir, { mode: 0o777 });
  writeFileSync(join(dir, `dev-${process.pid}.page`), JSON.stringify(place()));
  chmodSync(dir, 0o777);
  const env = { XDG_RUNTIME_DIR: runtime };
  t.deepEqual(findPages(env), []);
  publishPage(place({ pid: 1 }), silent, env)();
  t.deepEqual(readdirSync(dir), [`dev-${process.pid}.page`]);
});
