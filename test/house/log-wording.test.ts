import test from 'ava';
import { filesBelow, textOf } from './sources.js';

/**
 * Lines of tests that look for the wording of a line of our log, where its `event` would stay when the text improves
 * (docs/LOGS.md). What a human has to read, such as an error with its fix, is no such line. May only become fewer. Of these 20, 15 are
 * found for a word they share with a line of the log: they look at errors, `problem` of `status`, what `logs` shows to a human, and the text
 * itself. Those of interop/, page/shop.ts and telemetry/pipeline.test.ts could wait for `telemetry-attached`, `receiver-listening` and `headers-readable`.
 */
const MOST = 20;

/** A pattern that looks for less is of something else. */
const LEAST_LETTERS = 12;

test('tests wait for events of the log, not for its wording', (t) => {
  const said = filesBelow(['src', 'hooks'], /\.ts$/)
    .flatMap((file) => [...textOf(file).matchAll(/\.(?:info|warn|error|debug)\(\s*(['"`])((?:\\.|(?!\1)[^\\])*)\1/gs)])
    .map(([, , text = '']) => text);
  t.true(said.length > 50);
  const found = filesBelow(['test'], /\.ts$/).flatMap((file) =>
    textOf(file)
      .split('\n')
      .flatMap((line, i) =>
        wordsOf(line).some((words) => said.some((text) => text.includes(words)))
          ? [`${file}:${i + 1} ${line.trim()}`]
          : [],
      ),
  );
  t.log(found.join('\n'));
  t.is(found.length, MOST, 'wait for the event of that line, or lower the number');
});

/** The longest run of plain words in each pattern with which a line looks at output. */
function wordsOf(line: string): string[] {
  if (!/(regex|notRegex|line|lineTimes|match)\(/i.test(line)) return [];
  const patterns = [...line.matchAll(/\/((?:\\.|[^/\\\n])+)\/[a-z]*/g)].map(([, pattern = '']) => pattern);
  return patterns.flatMap((pattern) => {
    const runs = pattern.split(/\\.|[^\w ,'-]+/).sort((a, b) => b.length - a.length);
    const [longest = ''] = runs;
    return longest.trim().length >= LEAST_LETTERS && longest.trim().includes(' ') ? [longest.trim()] : [];
  });
}
