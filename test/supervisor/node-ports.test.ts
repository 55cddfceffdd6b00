import test from 'ava';
import { createLog } from '../../src/contract/log.js';
import { nodePorts } from '../../src/supervisor/node-ports.js';
import { CONFIG } from './scripted-ports.js';

test('a timer for longer than a timer can wait does not fire at once, and can be taken back', async (t) => {
  const lines: string[] = [];
  const log = createLog({ format: 'pretty', level: 'debug', label: 'test', sink: (line) => lines.push(line) });
  const ports = nodePorts(CONFIG, false, log);
  const warned: string[] = [];
  process.on('warning', ({ name }) => warned.push(name));
  const cancel = ports.timer(2 ** 31 + 5_000, () => t.fail('it has fired'));
  const fired = new Promise<void>((resolve) => void ports.timer(5, resolve));
  await fired;
  t.deepEqual(warned, [], 'Node warns where it makes 1 ms of it');
  cancel();
  t.deepEqual(lines, []);
});
