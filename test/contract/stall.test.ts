import test from 'ava';
import { renderStall } from '../../src/contract/stall.js';

test('the text names the worker, the time and the calls, or why there are none', (t) => {
  t.is(
    renderStall(2, { ms: 24_090, frames: ['spin (/app/x.js:10:3)', 'serve (/app/x.js:4:1)'] }),
    'worker 2 is blocked for 24.1 s in:\n    at spin (/app/x.js:10:3)\n    at serve (/app/x.js:4:1)',
  );
  t.is(renderStall(0, { ms: 800, frames: [], why: 'no inspector' }), 'worker 0 is blocked for 0.8 s; no inspector');
});
