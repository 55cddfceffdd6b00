import test from 'ava';
import { kf } from '../helpers/cli.js';
import { allSignals } from '../helpers/signals.js';
import { write } from './set-up.js';

const APP = `
const http = require('node:http');
const server = http.createServer((_, response) => response.end(process.argv.slice(2).join())).listen(0, () => {
  http.get({ port: server.address().port, agent: false }, (response) => {
    response.pipe(process.stdout);
    response.once('end', () => { server.close(); process.exitCode = 7; });
  });
});
`;

test('instrument: one process with the telemetry of the flags, the arguments of the app, and its exit code', async (t) => {
  const { receiver, spans } = await allSignals(t);
  const dir = write(t, { files: { 'app.js': APP } });
  const flags = ['--service-name', 'till', '--exporter-otlp-endpoint', receiver.grpcUrl];
  const { code, stdout, stderr } = await kf(['instrument', 'app.js', ...flags, '--', '--port', '80'], dir, {
    HOME: dir,
  });
  t.is(code, 7, stderr);
  t.is(stdout, '--port,80');
  t.deepEqual(spans.map(({ kind }) => kind).sort(), ['client', 'server']);
  t.true(spans.every(({ resource }) => JSON.stringify(resource).includes('till')));
});

test('instrument --no-telemetry runs the app as node does, and a wrong setting is an error before it', async (t) => {
  const dir = write(t, { files: { 'app.js': "console.log('ran', process.execArgv.length);\n" } });
  const off = await kf(['instrument', 'app.js', '--no-telemetry'], dir, { HOME: dir });
  t.deepEqual([off.code, off.stdout], [0, 'ran 0\n']);
  const wrong = await kf(['instrument', 'app.js'], dir, { HOME: dir, OTEL_TRACES_SAMPLER: 'never' });
  t.deepEqual([wrong.code, wrong.stdout], [78, '']);
});
