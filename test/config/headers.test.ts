import test from 'ava';
import { splitArgs } from '../../src/config/args.js';
import { KfError } from '../../src/errors.js';
import { parseHeaders } from '../../src/otel-env/headers.js';

test('lines, comma lists, comments, escapes', (t) => {
  const text = '# key of the team\nkf-api-key = abc==\r\n\nX-A=1,x-b=2%2C3\n';
  t.deepEqual(parseHeaders(text, 'f'), { 'kf-api-key': 'abc==', 'x-a': '1', 'x-b': '2,3' });
});

for (const text of ['s3cr3t', 'ok=1\nbad name=s3cr3t', 'a=%zz', 'a=%ff', '=s3cr3t', 'a=%0d%0a']) {
  test(`malformed: ${JSON.stringify(text)}`, (t) => {
    const error = t.throws(() => parseHeaders(text, '/etc/headers'), { instanceOf: KfError });
    t.is(error.code, 'HEADERS_FILE');
    t.is(error.message, `/etc/headers is malformed in line ${text.split('\n').length}`);
    t.notRegex(error.render(), /s3cr3t/);
  });
}

test('node arguments split as in a shell', (t) => {
  t.deepEqual(splitArgs(`--import tsx  --title="a b" 'c d' ""`), ['--import', 'tsx', '--title=a b', 'c d', '']);
  t.deepEqual(splitArgs('  '), []);
  t.is(splitArgs('--title="a'), undefined);
});
