import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { createDice } from '../chaos/dice.js';
import { root } from '../helpers/run-node.js';
import { casesOf, nameOf, sample } from './cases.js';
import { recordAll } from './recording.js';
import { holdingIn } from './report.js';
import { openLane } from './run.js';
import { whyNoStrace } from './strace.js';

/** KF_FAULTS_SAMPLE: how many cases; KF_FAULTS_SEED repeats a draw. `npm run faults` runs all of them. */
const SAMPLE = Number(process.env.KF_FAULTS_SAMPLE ?? 12);
const SEED = Number(process.env.KF_FAULTS_SEED ?? Math.floor(Math.random() * 2 ** 31));

test.serial(
  'a call that the kernel refuses harms nobody but its caller, and that only as long as it is refused',
  async (t) => {
    t.timeout(120_000 + SAMPLE * 60_000);
    const missing = whyNoStrace();
    if (missing) {
      console.log(`faults: left out: ${missing}`);
      return t.pass();
    }
    console.log(`KF_FAULTS_SEED=${SEED} KF_FAULTS_SAMPLE=${SAMPLE}`);
    const holding = new Set(holdingIn(readFileSync(join(root, 'docs/FAULTS.md'), 'utf8')));
    const all = casesOf(await recordAll((line) => t.log(line)));
    const cases = all.filter((one) => holding.has(nameOf(one)));
    console.log(`${all.length} cases, drawn from the ${cases.length} that hold in docs/FAULTS.md`);
    const pipeline = openLane();
    t.teardown(pipeline.close);
    let reached = 0;
    for (const one of sample(cases, SAMPLE, createDice(SEED))) {
      const verdict = await pipeline.run(one);
      t.log(nameOf(one), ...Object.values(verdict));
      t.not(verdict.kind, 'fails', [nameOf(one), ...Object.values(verdict)].join(' '));
      if (verdict.kind !== 'not reached') reached += 1;
    }
    t.true(reached > 0);
  },
);
