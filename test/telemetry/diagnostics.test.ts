import { diag } from '@opentelemetry/api';
import test, { type ExecutionContext } from 'ava';
import { enableDiagnostics } from '../../src/telemetry/diagnostics.js';
import { keptLog } from '../supervisor/kept-log.js';

/** What the SDK says at each level, as it arrives in the log of a worker. */
function say(t: ExecutionContext, level: string | undefined) {
  const { log, lines } = keptLog();
  t.teardown(() => diag.disable());
  enableDiagnostics(level === undefined ? {} : { OTEL_LOG_LEVEL: level }, log);
  for (const method of ['error', 'warn', 'info', 'debug', 'verbose'] as const) diag[method](method);
  // The api itself speaks first, when a logger is set.
  return lines().flatMap(({ msg }) => (String(msg).includes('@opentelemetry/api') ? [] : [msg]));
}

test.serial('without OTEL_LOG_LEVEL the SDK is silent, and the version of the api is not pinned', (t) => {
  t.deepEqual(say(t, undefined), []);
});

for (const [level, methods] of [
  ['none', []],
  ['error', ['error']],
  ['warn', ['error', 'warn']],
  ['INFO', ['error', 'warn', 'info']],
  ['debug', ['error', 'warn', 'info', 'debug']],
  ['verbose', ['error', 'warn', 'info', 'debug', 'verbose']],
  ['all', ['error', 'warn', 'info', 'debug', 'verbose']],
] as const) {
  test.serial(`OTEL_LOG_LEVEL=${level}: ${methods.join(', ') || 'nothing'}, whatever our own level is`, (t) => {
    t.deepEqual(
      say(t, level),
      methods.map((method) => `otel: ${method}`),
    );
  });
}

test.serial('what comes with a message is short: errors by their message, spans by their names, no object', (t) => {
  const { log, lines } = keptLog();
  t.teardown(() => diag.disable());
  enableDiagnostics({ OTEL_LOG_LEVEL: 'debug' }, log);
  diag.debug('items', new Error('no route'), [{ name: 'GET /', huge: {} }, 7], { secret: 'key' }, 42, undefined);
  const text = JSON.stringify(lines().at(-1));
  t.true(text.includes('no route [GET /, 7]'), text);
  t.false(text.includes('secret') || text.includes('key"'), text);
});
