import { spawnSync } from 'node:child_process';
import test from 'ava';
import { fixture, NODE } from '../helpers/cluster.js';

const leave = (...args: string[]) => spawnSync(NODE, [fixture('exit-now.mjs'), ...args], { encoding: 'utf8' });

test('a worker exits with its code', (t) => {
  t.like(leave(), { status: 3, signal: null, stdout: 'exit 3\n' });
});

test('a lookup that is answered soon is waited for', (t) => {
  t.like(leave('patient'), { status: 3, signal: null, stdout: 'ended true\nexit 3\n' });
});

test('one whose lookup of a host is under way does not wait for the resolver, and its listeners of exit are called', (t) => {
  t.like(leave('lookup'), { status: null, signal: 'SIGKILL', stdout: 'exit 3\n' });
});
