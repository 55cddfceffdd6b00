import { readFileSync } from 'node:fs';
import test from 'ava';
import { z } from 'zod';
import { inRange } from '../../src/diagnose/semver.js';
import { inRepo } from '../helpers/example.js';

const LOCK = z.object({
  packages: z.record(z.string(), z.object({ engines: z.object({ node: z.string().optional() }).optional() })),
});

test('npm ci of a clone warns of no engine: every package of the lockfile runs on the oldest Node that we take', (t) => {
  const { packages } = LOCK.parse(JSON.parse(readFileSync(inRepo('package-lock.json'), 'utf8')));
  const newer = Object.entries(packages).filter(
    ([, { engines }]) => engines?.node && !inRange('20.19.0', engines.node),
  );
  t.deepEqual(
    newer.map(([path, { engines }]) => `${path} wants Node ${engines?.node}`),
    [],
    'what needs a newer Node has a folder with a lockfile of its own, as test/fixtures/sdk3',
  );
});
