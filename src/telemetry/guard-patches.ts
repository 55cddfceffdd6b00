import type { Log } from '../contract/log.js';
import { messageOf } from '../contract/system-error.js';
import { patchEither } from './import-of-commonjs.js';
import { definitionsOf, type Made, noteFailure } from './instrumentation-states.js';

/**
 * An instrumentation that throws while it patches would end the app at its first line: some know neither the oldest versions
 * that their range names nor the shape of a module that was imported. The module stays as it is then, and the log says so.
 */
export function guardPatches(made: readonly Made[], log: Log): void {
  for (const { name, package: from, instrumentation } of made) {
    for (const definition of definitionsOf(instrumentation)) {
      for (const part of [definition, ...(definition.files ?? [])]) {
        const { patch } = part;
        if (patch === undefined) continue;
        part.patch = (exports, version) => {
          try {
            return patchEither(patch.bind(part), instrumentation.instrumentationName, exports, version);
          } catch (error) {
            const why = messageOf(error);
            noteFailure(definition, why);
            const fix = `OTEL_NODE_DISABLED_INSTRUMENTATIONS=${name} leaves it out; another version of either may fit`;
            log.warn('instrumentation failed, its module stays as it stands', {
              package: from,
              module: part.name,
              version,
              why,
              fix,
            });
            return exports;
          }
        };
      }
    }
  }
}
