import test from 'ava';
import { root, runNode } from '../helpers/run-node.js';

const WHEN_LOADED = JSON.stringify(`file://${root}dist/src/telemetry/when-loaded.js`);

/** Runs a program that has whenLoaded and forgetWaiting, as an ES module with `require`. */
async function run(program: string): Promise<string[]> {
  const code = `
    import { createRequire, syncBuiltinESMExports } from 'node:module';
    import { forgetWaiting, whenLoaded } from ${WHEN_LOADED};
    const require = createRequire('file:///app/app.js');
    ${program}`;
  const { code: exit, stdout, stderr } = await runNode(['--input-type=module', '-e', code]).done;
  return exit === 0 ? stdout.trimEnd().split('\n') : [stderr];
}

test('something waits for a module of Node; a second thing for the same one; neither runs twice', async (t) => {
  const said = await run(`
    whenLoaded('dgram', () => console.log('first', Object.keys(process.getBuiltinModule('dgram')).includes('createSocket')));
    whenLoaded('dgram', () => console.log('second'));
    whenLoaded('trace_events', () => console.log('another'));
    console.log('waits');
    require('node:dgram');
    require('dgram');
    console.log('asked', process.moduleLoadList.at(-1).startsWith('NativeModule '));`);
  t.deepEqual(said, ['waits', 'first true', 'second', 'asked true']);
});

test('of a module that is loaded already, it runs at once', async (t) => {
  t.deepEqual(await run(`require('dgram'); whenLoaded('dgram', () => console.log('now')); console.log('then')`), [
    'now',
    'then',
  ]);
});

test('what nobody waits for any more is left alone, and the list of modules is as Node made it', async (t) => {
  const said = await run(`
    whenLoaded('dgram', () => console.log('never'));
    forgetWaiting();
    require('dgram');
    console.log(Object.getPrototypeOf(process.moduleLoadList) === Array.prototype);
    whenLoaded('trace_events', () => console.log('anew'));
    require('trace_events');`);
  t.deepEqual(said, ['true', 'anew']);
});

for (const [where, change] of [
  ['the list is not there', `delete process.moduleLoadList;`],
  ['the list hears of nothing', `Object.defineProperty(process, 'moduleLoadList', { value: [] });`],
  ['somebody else hears of the list', `Object.setPrototypeOf(process.moduleLoadList, Object.create(Array.prototype));`],
  ['another copy of this code does', `(await import(${WHEN_LOADED.slice(0, -1)}?2")).whenLoaded('dgram', () => 0);`],
  ['the probes are loaded', `require('path/win32'); require('path/posix');`],
] as const) {
  test(`where ${where}, it runs at once instead of never`, async (t) => {
    t.deepEqual(await run(`${change} whenLoaded('dgram', () => console.log('now')); console.log('then')`), [
      'now',
      'then',
    ]);
  });
}

test('what throws is thrown to who asked for the module, which is loaded all the same', async (t) => {
  const said = await run(`
    whenLoaded('dgram', () => { throw new Error('cannot') });
    try { require('dgram') } catch (error) { console.log(error.message) }
    console.log(typeof require('dgram').createSocket);`);
  t.deepEqual(said, ['cannot', 'function']);
});
