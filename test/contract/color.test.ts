import test from 'ava';
import { paint, wantsColor } from '../../src/contract/color.js';

test('colour: NO_COLOR wins, then FORCE_COLOR, then a terminal that is not dumb', (t) => {
  t.false(wantsColor({ isTTY: true }, { NO_COLOR: '1', FORCE_COLOR: '1' }));
  t.true(wantsColor({}, { NO_COLOR: '', FORCE_COLOR: '1' }));
  t.false(wantsColor({ isTTY: true }, { FORCE_COLOR: '0' }));
  t.true(wantsColor({ isTTY: true }, {}));
  t.false(wantsColor({ isTTY: true }, { TERM: 'dumb' }));
  t.false(wantsColor({}, {}));
  t.is(paint('text', 'red', false), 'text');
});
