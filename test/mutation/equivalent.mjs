// Changes that no test can notice, as the program does the same with and without them. They are not drawn. A line that is no
// longer in its file is an error of the run: whoever changes it says again why.

/** @type {readonly { file: string, line: string, what: string, why: string }[]} */
export const EQUIVALENT = [
  {
    file: 'decide.js',
    line: "if (!('request' in event) || event.request === undefined)",
    what: '|| is &&',
    why: 'exactOptionalPropertyTypes: a request that is there is never undefined; the second half is for the compiler',
  },
  {
    file: 'cluster-phase.js',
    line: 'fillsSlots: false,',
    what: 'the other boolean',
    why: 'of the phase reloading, in which there is a reload: that alone says no',
  },
  {
    file: 'cluster-phase.js',
    line: 'stopped: { refusal: () => STOPPING, fillsSlots: false, ends: true },',
    what: 'the other boolean',
    why: 'nothing is decided in a cluster that has ended',
  },
  {
    file: 'evenness.js',
    line: 'return open <= Math.max(SLACK, closing);',
    what: '<= is <',
    why: 'it spares a look at the others, who would say the same',
  },
  {
    file: 'moves.js',
    line: 'return from === undefined ? undefined : this.#leaving.get(from);',
    what: 'always false',
    why: 'nobody leaves under the number undefined; the question is for the compiler',
  },
  {
    file: 'moves.js',
    line: 'this.#mute.delete(worker);',
    what: 'no call',
    why: 'the number of a fork never comes again; without it the set grows by a number for each worker that was silent',
  },
  {
    file: 'rollback.js',
    line: 'if (!reload?.rollback)',
    what: 'always false',
    why: 'it is called on the way back alone, the row of the table says so; the check is for the compiler',
  },
  {
    file: 'unordered-set.js',
    line: 'if (member[PLACE] === undefined && !this.#guests.has(member))',
    what: '=== is !==',
    why: 'all become guests, and the same stand in the crowd; only its cost, which a benchmark shows, is that of a Set',
  },
];
