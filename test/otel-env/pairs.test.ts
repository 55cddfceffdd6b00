import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { KfError } from '../../src/contract/errors.js';
import { parseHeaderLines, readHeadersFile } from '../../src/otel-env/headers-file.js';
import { read } from '../../src/otel-env/read-variable.js';
import { tempDir } from '../helpers/spool.js';

const VARIABLE = 'OTEL_EXPORTER_OTLP_HEADERS';

const GOOD: readonly (readonly [string, Record<string, string>])[] = [
  ['kf-api-key=abc==', { 'kf-api-key': 'abc==' }],
  ['Authorization=Basic dXNlcjpwYXNz==', { authorization: 'Basic dXNlcjpwYXNz==' }],
  [' Kf-Api-Key = abc ', { 'kf-api-key': 'abc' }],
  ['a=b=c', { a: 'b=c' }],
  ['a=100%', { a: '100%' }],
  ['a=%zz%4', { a: '%zz%4' }],
  ['a=p%25w', { a: 'p%w' }],
  ['a=1%2C2', { a: '1,2' }],
  ['a=%20b%20', { a: ' b ' }],
  ['a=b+c', { a: 'b+c' }],
  ['a=1,B=2, c = 3,', { a: '1', b: '2', c: '3' }],
  ['a=1,a=2', { a: '2' }],
  ['a=', { a: '' }],
  ['__proto__=1', JSON.parse('{"__proto__":"1"}')],
];

for (const [text, headers] of GOOD) {
  test(`headers, in the variable and in a file: ${JSON.stringify(text)}`, (t) => {
    t.deepEqual(read({ [VARIABLE]: text }, VARIABLE), headers);
    t.deepEqual(parseHeaderLines(text, 'f'), headers);
  });
}

const BAD: readonly (readonly [string, RegExp])[] = [
  ['s3cr3t', /pair 1 has no =/],
  ['ok=1,s3cr3t', /pair 2 has no =/],
  ['ok=s3c,r3t', /a comma in.* %2C.*pair 2 has no =/],
  ['bad name=s3cr3t', /pair 1 has no header name/],
  ['=s3cr3t', /pair 1 has no header name/],
  ['a=%ff', /UTF-8.*%25/],
  ['a=s3cr3t%0d%0aX: y', /no header can carry/],
  ['a=s3cr3té', /no header can carry/],
  ['a=s3cr3t%C3%A9', /no header can carry/],
];

for (const [text, why] of BAD) {
  test(`no headers, neither in the variable nor in a file, and nothing of it is shown: ${JSON.stringify(text)}`, (t) => {
    const ofVariable = t.throws(() => read({ [VARIABLE]: text }, VARIABLE), { instanceOf: KfError });
    const ofFile = t.throws(() => parseHeaderLines(`ok=1\n${text}`, '/etc/headers'), { instanceOf: KfError });
    t.is(ofFile.message, '/etc/headers is malformed in line 2');
    t.deepEqual([ofVariable.code, ofFile.code], ['OTEL_INVALID', 'HEADERS_FILE']);
    for (const error of [ofVariable, ofFile]) {
      t.regex(error.why, why);
      t.notRegex(error.render(), /s3c|r3t/);
    }
  });
}

test('a headers file: lines, comma lists, comments; it says whether others can read it', (t) => {
  const file = join(tempDir(t), 'headers');
  writeFileSync(file, '# key of the team\nkf-api-key = abc==\r\n\n  # more\nX-A=1,x-b=2%2C3\n', { mode: 0o600 });
  t.deepEqual(readHeadersFile(file), { headers: { 'kf-api-key': 'abc==', 'x-a': '1', 'x-b': '2,3' }, open: false });
  t.is(t.throws(() => readHeadersFile(`${file}-gone`), { instanceOf: KfError }).code, 'HEADERS_FILE');
});

test('resource attributes are decoded, names too', (t) => {
  const attributes = (text: string) => read({ OTEL_RESOURCE_ATTRIBUTES: text }, 'OTEL_RESOURCE_ATTRIBUTES');
  t.deepEqual(attributes('team=a b, na%2Cme=%C3%A9=ü,rate=50%'), { team: 'a b', 'na,me': 'é=ü', rate: '50%' });
  t.throws(() => attributes('team'), { message: /OTEL_RESOURCE_ATTRIBUTES is "team"/ });
  t.throws(() => attributes('=x'), { instanceOf: KfError });
});
