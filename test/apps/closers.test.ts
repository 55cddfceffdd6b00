import test from 'ava';
import { type LoadSpec, survives } from './load.js';

const closer = (name: string): LoadSpec => ({ file: 'closers.mjs', env: { CLOSER: name } });

const apps: Record<string, LoadSpec> = {
  'no shutdown code': closer('none'),
  'no shutdown code, rr': { ...closer('none'), flags: ['--scheduling', 'rr'] },
  'no shutdown code, reuseport': { ...closer('none'), flags: ['--scheduling', 'reuseport'], newer: true },
  terminus: closer('terminus'),
  'http-terminator': closer('http-terminator'),
  'http-graceful-shutdown': closer('http-graceful-shutdown'),
  stoppable: closer('stoppable'),
  lightship: { ...closer('lightship'), newer: true },
  'an SDK of its own': { file: 'own-sdk.cjs', tracing: 'own-sdk' },
  'a pool that is ended': { file: 'pool.mjs' },
  '503 once told': { file: 'flag.mjs' },
};

for (const [name, app] of Object.entries(apps)) {
  test.serial(`${name}: no request fails and no connection is closed by four reloads`, (t) => survives(t, app));
}
