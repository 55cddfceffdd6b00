import test from 'ava';
import { programText } from './program.js';
import { bootstrapMarkdown, troublesOf } from './report.js';
import { endsOf, ROWS, tableLibraries, WITHOUT_ROW } from './rows.js';
import type { Row } from './types.js';

test('each library of bootstrap has a program that uses it, or a reason why not', (t) => {
  const known = new Set([...ROWS.map(({ library }) => library), ...Object.keys(WITHOUT_ROW)]);
  t.deepEqual(
    tableLibraries().filter((library) => !known.has(library)),
    [],
  );
});

test('the ends of a range are releases, by number and not by text', (t) => {
  const versions = ['3.9.9', '4.0.0-beta.1', '4.10.0', '4.9.0', '5.3.0', '5.10.0', '6.0.0'];
  t.deepEqual(endsOf('express', versions), { oldest: '4.9.0', newest: '5.10.0' });
  t.throws(() => endsOf('express', ['3.0.0']), { message: /express has no version in/ });
});

test('a program is the same in both forms, but for how it loads', (t) => {
  const use = { imports: { express: 'express', '{ get as fetchOne }': 'x' }, body: 'express();' };
  const [cjs, esm] = [programText(use, 'cjs'), programText(use, 'esm')];
  t.true(cjs.startsWith("const express = require('express');\nconst { get: fetchOne } = require('x');\n"));
  t.true(esm.startsWith("import express from 'express';\nimport { get as fetchOne } from 'x';\n"));
  t.is(cjs.split('\n').slice(4).join('\n'), esm.split('\n').slice(4).join('\n'));
});

test('a cell that fails ends the run, but for a listed reason; a reason that no longer holds ends it too', (t) => {
  const row: Row = { library: 'koa', imports: {}, body: '', known: { 'oldest esm': 'too old' } };
  const cell = { library: 'koa', version: '2.0.0', age: 'oldest' } as const;
  const fails = { kind: 'fails', why: 'no span' } as const;
  t.deepEqual(troublesOf(row, [{ ...cell, form: 'cjs', verdict: fails }]), ['koa 2.0.0 cjs: no span']);
  t.deepEqual(troublesOf(row, [{ ...cell, form: 'esm', verdict: fails }]), []);
  t.deepEqual(troublesOf(row, [{ ...cell, form: 'esm', verdict: { kind: 'span' } }]), [
    'koa 2.0.0 esm works: its listed reason does not hold: too old',
  ]);
  t.regex(
    bootstrapMarkdown([{ ...cell, form: 'cjs', verdict: fails }]),
    /^\| koa \| .* \| 2\.0\.0 \| no \| - \| - \|/m,
  );
});
