import test from 'ava';
import fc from 'fast-check';
import { type MoveEffect, type MoveEvent, Moves } from '../../src/core/moves.js';
import { runs } from './runs.js';

const PLACE = 'http 0.0.0.0 80';

/** The moves with workers around them that do as a test says, and an account of every descriptor. */
class Stage {
  readonly moves = new Moves();
  /** Passes by number: whose they are, and which worker has them now. */
  readonly passes = new Map<number, { from: number; move: number; at: number | undefined }>();
  readonly verdicts = new Map<string, boolean>();
  readonly takenBy = new Map<string, number>();
  readonly asked: number[] = [];
  readonly dead = new Set<number>();
  readonly left = new Set<number>();
  readonly silent = new Set<number>();
  readonly offered = new Map<number, number>();

  take(event: MoveEvent): void {
    for (const effect of this.moves.take(event)) this.#see(effect);
  }

  #see(effect: MoveEffect): void {
    switch (effect.type) {
      case 'ask':
        return void this.asked.push(effect.worker);
      case 'hold':
        return void this.passes.set(effect.pass, { from: effect.from, move: effect.move, at: undefined });
      case 'pass': {
        const pass = this.#pass(effect.pass);
        if (pass.at !== undefined && !this.dead.has(pass.at)) throw new Error('passed on from a worker that has it');
        if (this.left.has(effect.to) || this.dead.has(effect.to)) throw new Error('passed to one that leaves');
        if (this.silent.has(effect.to)) throw new Error('passed to one that cannot be reached');
        pass.at = effect.to;
        return;
      }
      case 'release':
        this.#pass(effect.pass);
        return void this.passes.delete(effect.pass);
      case 'verdict': {
        const key = `${effect.from}:${effect.move}`;
        if (this.verdicts.has(key)) throw new Error(`two verdicts on ${key}`);
        if (!effect.moved && this.takenBy.has(key)) throw new Error(`${key} is kept, and another worker has taken it`);
        return void this.verdicts.set(key, effect.moved);
      }
    }
  }

  #pass(number: number) {
    const pass = this.passes.get(number);
    if (!pass) throw new Error(`a descriptor that is not held: ${number}`);
    return pass;
  }

  room(worker: number, open = 0): void {
    this.take({ type: 'room', worker, places: { [PLACE]: open } });
  }

  offer(from: number, skip = 0): void {
    const move = (this.offered.get(from) ?? 0) + 1 + skip;
    this.offered.set(from, move);
    this.take({ type: 'offer', from, move, place: PLACE });
  }

  answer(worker: number, type: 'taken' | 'refused', pick: number): void {
    const here = [...this.passes].filter(([, { at }]) => at === worker);
    const [number, pass] = here[pick % here.length] ?? [];
    if (number === undefined || !pass || this.dead.has(worker) || this.silent.has(worker)) return;
    if (type === 'taken') this.takenBy.set(`${pass.from}:${pass.move}`, worker);
    else pass.at = undefined;
    this.take({ type, worker, passes: [number] });
  }

  cut(worker: number): void {
    this.silent.add(worker);
    this.take({ type: 'silent', worker });
  }

  gone(worker: number): void {
    this.dead.add(worker);
    this.take({ type: 'gone', worker });
  }
}

const successors = (...ids: number[]) => ids.map((id) => ({ id, generation: 1 }));

test('a connection goes to the worker with the fewest', (t) => {
  const stage = new Stage();
  stage.take({ type: 'leave', from: 1, successors: successors(2, 3) });
  t.deepEqual(stage.asked, [2, 3]);
  stage.offer(1);
  t.is(stage.passes.get(1)?.at, undefined);
  stage.room(2, 9);
  stage.room(3, 4);
  t.is(stage.passes.get(1)?.at, 2); // the first that answers: nobody else was known
  stage.offer(1);
  t.is(stage.passes.get(2)?.at, 3);
});

test('a connection counts with the worker that it goes to until that one refuses it', (t) => {
  const stage = new Stage();
  const where = () => [...stage.passes.values()].map(({ at }) => at);
  stage.take({ type: 'leave', from: 1, successors: successors(2, 3) });
  stage.room(2, 5);
  stage.room(3, 6);
  for (let offer = 0; offer < 4; offer += 1) stage.offer(1);
  t.deepEqual(where(), [2, 2, 3, 2]);
  stage.answer(2, 'refused', 0);
  t.deepEqual(where(), [3, 2, 3, 2]); // 7 on the one, 8 on the other
  for (let offer = 0; offer < 3; offer += 1) stage.offer(1);
  t.deepEqual(where().slice(4), [2, 2, 3]);
});

test('who refuses because it listens there no more gets none of the others', (t) => {
  const stage = new Stage();
  stage.take({ type: 'leave', from: 1, successors: successors(2, 3) });
  stage.room(2);
  stage.room(3, 9);
  stage.offer(1);
  stage.take({ type: 'room', worker: 2, places: {} });
  stage.answer(2, 'refused', 0);
  stage.offer(1);
  t.deepEqual(
    [...stage.passes.values()].map(({ at }) => at),
    [3, 3],
  );
});

test('a second worker that leaves is asked nothing, and takes away no word that was given to the first', (t) => {
  const stage = new Stage();
  stage.take({ type: 'leave', from: 1, successors: successors(2, 3) });
  stage.room(3);
  stage.take({ type: 'leave', from: 2, successors: successors(1, 3) });
  t.deepEqual(stage.asked, [2, 3, 3]);
  stage.offer(1);
  t.is(stage.passes.get(1)?.at, 3, 'it knows of 3 already');
});

test('nobody is told what became of the connections of a worker that has died', (t) => {
  const stage = new Stage();
  stage.take({ type: 'leave', from: 1, successors: successors(2) });
  stage.room(2);
  stage.offer(1);
  stage.gone(1);
  stage.answer(2, 'taken', 0);
  t.deepEqual([stage.verdicts.size, stage.moves.held()], [0, 0]);
});

test('how much room a worker said it has in an earlier reload counts no more', (t) => {
  const stage = new Stage();
  stage.take({ type: 'leave', from: 1, successors: successors(2) });
  stage.room(2, 0);
  stage.gone(1);
  stage.take({ type: 'leave', from: 3, successors: successors(2) });
  t.deepEqual(stage.asked, [2, 2]);
  stage.offer(3);
  t.is(stage.passes.get(1)?.at, undefined, 'it is waited for its word');
  stage.room(2, 0);
  t.is(stage.passes.get(1)?.at, 2);
});

test('what a worker offered before it died goes to one that lives', (t) => {
  const stage = new Stage();
  stage.take({ type: 'leave', from: 1, successors: successors(2, 3) });
  stage.room(2, 0);
  stage.room(3, 5);
  stage.gone(2);
  stage.offer(1);
  t.is(stage.passes.get(1)?.at, 3);
  stage.gone(1);
  stage.answer(3, 'refused', 0);
  t.is(stage.passes.size, 0, 'neither of the dead is asked, and the descriptor is closed');
});

test('the newest generation is preferred: the others may be the next to leave', (t) => {
  const stage = new Stage();
  const all = [
    { id: 2, generation: 1 },
    { id: 3, generation: 2 },
  ];
  stage.take({ type: 'leave', from: 1, successors: all });
  stage.room(2, 0);
  stage.room(3, 50);
  stage.offer(1);
  t.is(stage.passes.get(1)?.at, 3);
});

test('who refuses is asked once; when all have, the connection stays', (t) => {
  const stage = new Stage();
  stage.take({ type: 'leave', from: 1, successors: successors(2, 3) });
  stage.room(2);
  stage.room(3);
  stage.offer(1);
  stage.answer(2, 'refused', 0);
  t.is(stage.passes.get(1)?.at, 3);
  stage.answer(3, 'refused', 0);
  t.is(stage.verdicts.get('1:1'), false);
  t.is(stage.moves.held(), 0);
});

test('what a dead worker has not taken goes to another one; what it has taken is its own', (t) => {
  const stage = new Stage();
  stage.take({ type: 'leave', from: 1, successors: successors(2, 3) });
  stage.room(2);
  stage.offer(1);
  stage.offer(1);
  stage.answer(2, 'taken', 0);
  stage.room(3);
  stage.gone(2);
  t.deepEqual([...stage.passes.values()], [{ from: 1, move: 2, at: 3 }]);
  t.deepEqual([...stage.verdicts], [['1:1', true]]);
});

test('a worker that dies while it leaves: what it has offered is served on', (t) => {
  const stage = new Stage();
  stage.take({ type: 'leave', from: 1, successors: successors(2) });
  stage.offer(1);
  stage.gone(1);
  t.is(stage.moves.held(), 0); // nobody was known to take it
  stage.take({ type: 'leave', from: 2, successors: successors(3) });
  stage.room(3);
  stage.gone(2);
  stage.offer(2);
  t.is([...stage.passes.values()][0]?.at, 3);
});

test('what a worker has that cannot be reached any more is its own until it ends, and nothing more is passed to it', (t) => {
  const stage = new Stage();
  stage.take({ type: 'leave', from: 1, successors: successors(2, 3) });
  stage.room(2);
  stage.offer(1);
  stage.cut(2);
  t.deepEqual([...stage.verdicts], [['1:1', true]], 'its worker need not wait for a word');
  t.is(stage.passes.get(1)?.at, 2, 'the descriptor stays here');
  stage.offer(1);
  t.is(stage.passes.get(2)?.at, undefined);
  stage.room(3);
  t.is(stage.passes.get(2)?.at, 3);
  stage.gone(2);
  t.is(stage.passes.get(1)?.at, 3, 'should it have refused it');
  stage.answer(3, 'refused', 0);
  t.is(stage.passes.size, 1);
  t.deepEqual([...stage.verdicts], [['1:1', true]], 'one verdict');
});

test('when the only successor cannot be reached, what is offered stays', (t) => {
  const stage = new Stage();
  stage.take({ type: 'leave', from: 1, successors: successors(2) });
  stage.offer(1);
  stage.cut(2);
  t.deepEqual([...stage.verdicts], [['1:1', false]]);
});

test('successors that say nothing are waited for, and not for long', (t) => {
  const stage = new Stage();
  stage.take({ type: 'leave', from: 1, successors: successors(2) });
  stage.offer(1);
  t.is(stage.verdicts.size, 0);
  stage.take({ type: 'late', from: 1 });
  t.is(stage.verdicts.get('1:1'), false);
});

test('a descriptor that was lost on its way stays with its worker', (t) => {
  const stage = new Stage();
  stage.take({ type: 'leave', from: 1, successors: successors(2) });
  stage.room(2);
  stage.offer(1, 1);
  t.is(stage.verdicts.get('1:1'), false);
  stage.take({ type: 'offered', from: 1, upTo: 4 });
  t.deepEqual([...stage.verdicts.keys()].sort(), ['1:1', '1:3', '1:4']);
  t.is(stage.passes.get(1)?.move, 2);
});

const worker = fc.integer({ min: 1, max: 5 });
const step = fc.record({
  kind: fc.constantFrom('leave', 'room', 'offer', 'taken', 'refused', 'late', 'cut', 'gone', 'skip', 'offered'),
  worker,
  pick: fc.nat(9),
});

test('any interleaving: one verdict on each, every descriptor closed once, no connection with two workers', (t) => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const stage = new Stage();
      for (const { kind, worker: id, pick } of steps) act(stage, kind, id, pick);
      for (const id of [1, 2, 3, 4, 5]) if (!stage.left.has(id) && !stage.dead.has(id)) stage.room(id);
      for (const id of stage.silent) if (!stage.dead.has(id)) stage.gone(id);
      for (const id of stage.left) stage.take({ type: 'late', from: id });
      for (let left = 500; left > 0 && stage.moves.held() > 0; left -= 1) {
        for (const { at } of [...stage.passes.values()]) if (at !== undefined) stage.answer(at, 'taken', 0);
      }
      if (stage.moves.held() > 0) throw new Error('a descriptor is held for ever');
      for (const [from, last] of stage.offered) checkVerdicts(stage, from, last);
    }),
    { numRuns: runs(3_000) },
  );
  t.pass();
});

function act(stage: Stage, kind: string, id: number, pick: number): void {
  if (stage.dead.has(id)) return;
  const alive = [1, 2, 3, 4, 5].filter((one) => one !== id && !stage.dead.has(one) && !stage.left.has(one));
  if (kind === 'leave' && !stage.left.has(id)) {
    stage.left.add(id);
    stage.take({ type: 'leave', from: id, successors: successors(...alive) });
  }
  if (kind === 'room' && !stage.left.has(id) && !stage.silent.has(id)) stage.room(id, pick);
  if (kind === 'offer' && stage.left.has(id)) stage.offer(id);
  if (kind === 'skip' && stage.left.has(id)) stage.offer(id, 1);
  if (kind === 'offered') stage.take({ type: 'offered', from: id, upTo: stage.offered.get(id) ?? 0 });
  if (kind === 'taken' || kind === 'refused') stage.answer(id, kind, pick);
  if (kind === 'late') stage.take({ type: 'late', from: id });
  if (kind === 'cut' && !stage.left.has(id) && !stage.silent.has(id)) stage.cut(id);
  if (kind === 'gone') stage.gone(id);
}

/** Whoever is alive has heard of every connection that it has offered. */
function checkVerdicts(stage: Stage, from: number, last: number): void {
  if (stage.dead.has(from)) return;
  for (let move = 1; move <= last; move += 1) {
    if (!stage.verdicts.has(`${from}:${move}`)) throw new Error(`no verdict on ${from}:${move}`);
  }
}
