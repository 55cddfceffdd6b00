import test from 'ava';
import { type LoadSpec, survives } from '../apps/load.js';

/** What users name as the script; the frameworks' own shutdown code runs as it is. */
const builds: Record<string, LoadSpec> = {
  'next start': {
    installed: 'frameworks/next',
    file: 'node_modules/next/dist/bin/next',
    args: ['start', '--hostname', '127.0.0.1'],
    makesSpans: true,
  },
  'Next, output standalone': {
    installed: 'frameworks/next',
    file: '.next-standalone/standalone/server.js',
    env: { HOSTNAME: '127.0.0.1' },
    makesSpans: true,
  },
  'Nuxt (Nitro)': {
    installed: 'frameworks/nuxt',
    file: '.output/server/index.mjs',
    env: { HOST: '127.0.0.1' },
  },
};

for (const [name, build] of Object.entries(builds)) {
  test.serial(`${name}: no request fails and no connection is closed by four reloads`, (t) =>
    survives(t, { ...build, newer: true }),
  );
}
