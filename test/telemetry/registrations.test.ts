import { createRequire } from 'node:module';
import test from 'ava';
import { type Registration, watchRegistrations } from '../../src/telemetry/registrations.js';

const require = createRequire(import.meta.url);
const KEY = Symbol.for('opentelemetry.js.api.1');
const provider = (name: string) => ({ getTracer: () => ({ name }) });

/** A table as our join leaves it, with the version of this copy. */
function joined(copy: string) {
  delete (globalThis as Record<symbol, unknown>)[KEY];
  const api = require(copy) as typeof import('@opentelemetry/api');
  api.trace.setGlobalTracerProvider(provider('ours') as never);
  const table = (globalThis as Record<symbol, unknown>)[KEY] as Record<string, unknown>;
  // As join does it: written, where 1.10 has a version that cannot be.
  (globalThis as Record<symbol, unknown>)[KEY] = { ...table };
  const current = () => (api.trace.getTracer('x') as unknown as { _getTracer?(): unknown; name: string }).name;
  return { api, current };
}

for (const copy of ['otel-api-1.9', 'otel-api-1.10', '@opentelemetry/api']) {
  test.serial(
    `${copy}: a registration is seen, taken where it is to be, and refused otherwise; reading is none`,
    (t) => {
      for (const yields of [true, false]) {
        const { api, current } = joined(copy);
        const seen: Registration[] = [];
        const end = watchRegistrations({ yields, onProvider: (one) => seen.push(one) });
        t.is(current(), 'ours');
        api.diag.setLogger(api.diag, { suppressOverrideMessage: true });
        api.context.active();
        t.is(current(), 'ours');
        t.deepEqual(seen, []);
        t.is(api.trace.setGlobalTracerProvider(provider('theirs') as never), yields);
        t.is(current(), yields ? 'theirs' : 'ours');
        t.is(seen.at(-1)?.taken, yields);
        t.regex(seen.at(-1)!.by!, /:\d+$/);
        end();
        t.is(current(), yields ? 'theirs' : 'ours');
        t.false(api.trace.setGlobalTracerProvider(provider('late') as never));
        const table = (globalThis as Record<symbol, unknown>)[KEY] as object;
        t.true(Object.values(Object.getOwnPropertyDescriptors(table)).every(({ get }) => get === undefined));
        delete (globalThis as Record<symbol, unknown>)[KEY];
      }
    },
  );
}
