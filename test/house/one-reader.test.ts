import test from 'ava';
import { filesBelow, textOf } from './sources.js';

/**
 * What an OTEL_* variable says is read in src/otel-env alone (`read`, `valueIn`, `textOf`): blank is unset, words are in any case, and that of a
 * signal wins over that of all. Who looks into the environment by himself disagrees with what workers send by sooner or later.
 */
test('the text of an OTEL_* variable is looked at in src/otel-env alone', (t) => {
  const files = filesBelow(['src', 'hooks'], /\.c?ts$/).filter((file) => !file.startsWith('src/otel-env/'));
  t.true(files.length > 400);
  const found = files.flatMap((file) => looksOf(textOf(file)).map((line) => `${file}: ${line}`));
  t.deepEqual(found, [], 'read it by src/otel-env/read-variable.ts');
});

test('a look by name, by a computed name and by taking apart is found, a value that is set is none', (t) => {
  for (const line of ['env.OTEL_A?.trim()', "process.env['OTEL_A']", 'one.env.OTEL_A', 'const { OTEL_A } = env'])
    t.is(looksOf(line).length, 1, line);
  for (const line of ["env.OTEL_A = 'x';", "textOf(env, 'OTEL_A')", "changed.OTEL_A = 'x'", "fix: 'Unset OTEL_A.'"])
    t.is(looksOf(line).length, 0, line);
});

/** Comments aside, lines that take the value of a variable out of an environment. */
function looksOf(text: string): string[] {
  const lines = text.split('\n').filter((line) => !/^\s*(\/?\*|\/\/)/.test(line));
  const look =
    /\b(?:env|environment|vars)(?:\?\.|\.|\??\.?\[')OTEL_\w+(?!\w)(?!'?\]? = )|\{[^}'"]*\bOTEL_\w+[^}'"]*\} = /;
  return lines.filter((line) => look.test(line)).map((line) => line.trim());
}
