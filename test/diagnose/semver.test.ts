import test from 'ava';
import { inRange, tripleOf } from '../../src/diagnose/semver.js';

for (const [range, inside, outside] of [
  ['^1.2.3', ['1.2.3', '1.9.0', '1.2.4-rc.1'], ['1.2.2', '2.0.0', '0.9.9']],
  ['^0.2.3', ['0.2.3', '0.2.9'], ['0.3.0', '0.2.2']],
  ['^0.0.3', ['0.0.3'], ['0.0.4', '0.0.2']],
  ['^0.0', ['0.0.0', '0.0.9'], ['0.1.0']],
  ['^0', ['0.9.9'], ['1.0.0']],
  ['~1.2', ['1.2.0', '1.2.9'], ['1.3.0', '1.1.9']],
  ['~1', ['1.9.9'], ['2.0.0']],
  ['1.2', ['1.2.0', '1.2.7'], ['1.3.0']],
  ['1.x', ['1.0.0', '1.9.9'], ['2.0.0']],
  ['>1.2', ['1.3.0'], ['1.2.9']],
  ['<=1.2', ['1.2.9', '0.1.0'], ['1.3.0']],
  ['<1.2', ['1.1.9'], ['1.2.0']],
  ['>= 1.2.3 <2', ['1.2.3', '1.99.0'], ['1.2.2', '2.0.0']],
  ['1.2.3 - 2', ['1.2.3', '2.9.9'], ['1.2.2', '3.0.0']],
  ['^1.0.0 || ^3.0.0', ['1.5.0', '3.1.0'], ['2.0.0']],
  ['=v1.2.3', ['1.2.3', 'v1.2.3'], ['1.2.4']],
  ['>=2.0.0-beta.1', ['2.0.0', '2.0.0-alpha'], ['1.9.9']],
  ['*', ['0.0.0', '99.0.0'], []],
  ['', ['1.0.0'], []],
] as const) {
  test(`of npm's range "${range}"`, (t) => {
    for (const version of inside) t.true(inRange(version, range), version);
    for (const version of outside) t.false(inRange(version, range), version);
  });
}

for (const no of ['latest', 'xyz', 'x-next', '1.foo', '12abc', 'file:../x', 'github:a/b', 'workspace:*', '1.2.3.4']) {
  test(`"${no}" is no range, and nothing is in it`, (t) => {
    t.false(inRange('1.2.3', no));
    t.false(inRange('12.0.0', no));
  });
}

test('what is no version is in no range', (t) => {
  for (const no of ['', '1', '1.2', 'next', 'a1.2.3']) {
    t.is(tripleOf(no), undefined);
    t.false(inRange(no, '*'));
  }
  t.deepEqual(tripleOf(' v1.2.3-rc.4 '), [1, 2, 3]);
});
