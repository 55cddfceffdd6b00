import { KfError } from '../../contract/errors.js';
import { readSampler, readSettings } from '../../otel-env/export-settings.js';
import { textOf, valueIn } from '../../otel-env/read-variable.js';
import type { Checks, Problem } from '../check.js';
import type { Facts } from '../facts.js';

/** What is made, how much of it, and where it goes. */
export const SIGNAL_CHECKS = {
  'telemetry-off': {
    severity: 'warning',
    symptom: 'no-traces',
    about: '--no-telemetry or OTEL_SDK_DISABLED=true, and no provider of the app in sight',
    find: (facts) => {
      const { loaded, failures, env, preloads } = facts;
      const off = loaded?.resolved.values.telemetry === false && failures.length === 0;
      const disabled = valueIn(env, 'OTEL_SDK_DISABLED') === true;
      const own = [...facts.sources, ...preloads.flatMap(({ sources }) => sources)];
      const hasOwn = own.some(({ text }) => /NodeSDK|TracerProvider/.test(text));
      if ((!off && !disabled) || (off && hasOwn)) return [];
      const name = disabled
        ? 'OTEL_SDK_DISABLED is true'
        : `${loaded!.resolved.sources.telemetry.name} turns telemetry off`;
      return [
        {
          what: name,
          why: 'no provider is made: there are no spans',
          fix: disabled ? 'Unset OTEL_SDK_DISABLED.' : 'Leave it out.',
        },
      ];
    },
  },
  'exporter-none': {
    severity: 'warning',
    symptom: 'no-traces',
    about: 'OTEL_TRACES_EXPORTER is none, or lists none beside others',
    find: (facts) =>
      inSettings(facts, ({ exporters, disabled }) =>
        disabled || exporters.traces.length > 0
          ? []
          : [
              {
                what: `${facts.origin('OTEL_TRACES_EXPORTER')} is none`,
                why: 'spans are made and thrown away',
                fix: 'Set it to otlp, or unset it.',
              },
            ],
      ),
  },
  'exporter-console': {
    severity: 'information',
    symptom: 'no-traces',
    about: 'spans go to the console alone',
    find: (facts) =>
      inSettings(facts, ({ exporters, disabled }) =>
        !disabled && exporters.traces.join() === 'console'
          ? [
              {
                what: `${facts.origin('OTEL_TRACES_EXPORTER')} is console`,
                why: 'spans are printed and sent nowhere',
                fix: 'otlp,console does both.',
              },
            ]
          : [],
      ),
  },
  'sampler-off': {
    severity: 'warning',
    symptom: 'sampling',
    about: 'a sampler that keeps nothing: always_off, or a ratio of 0',
    find: (facts) =>
      inSampler(facts, ({ name, share }) =>
        name.endsWith('always_off') || share === 0
          ? [
              {
                what: `the sampler is ${name}${share === 0 ? ' with 0' : ''}`,
                why: name.startsWith('parentbased')
                  ? 'no trace begins here: only those that a caller sampled go on'
                  : 'nothing is recorded',
                fix: 'Unset OTEL_TRACES_SAMPLER, or use parentbased_traceidratio with OTEL_TRACES_SAMPLER_ARG=0.1',
              },
            ]
          : [],
      ),
  },
  'sampler-argument': {
    severity: 'warning',
    symptom: 'sampling',
    about: 'OTEL_TRACES_SAMPLER_ARG beside a sampler that takes none, or a ratio sampler without it',
    find: (facts) =>
      inSampler(facts, ({ name }) => {
        const given = textOf(facts.env, 'OTEL_TRACES_SAMPLER_ARG');
        const isRatio = name.endsWith('traceidratio');
        if (given && !isRatio) {
          return [
            {
              what: `OTEL_TRACES_SAMPLER_ARG has no effect on ${name}`,
              why: 'only the traceidratio samplers take it',
              fix: `Set OTEL_TRACES_SAMPLER=parentbased_traceidratio`,
            },
          ];
        }
        if (given || !isRatio) return [];
        return [
          {
            what: `${name} without OTEL_TRACES_SAMPLER_ARG`,
            why: 'the ratio is then 1: everything is kept',
            fix: 'Set OTEL_TRACES_SAMPLER_ARG, such as 0.1',
          },
        ];
      }),
  },
  'sampling-rate': {
    severity: 'information',
    symptom: 'sampling',
    about: 'the share of traces that is kept, where it is not all of them',
    find: (facts) =>
      inSampler(facts, ({ name, share }) =>
        share > 0 && share < 1
          ? [
              {
                what: `${(share * 100).toLocaleString('en', { maximumFractionDigits: 4 })}% of the traces are kept`,
                why: name.startsWith('parentbased')
                  ? 'of those that begin here; a request with a traceparent follows its caller'
                  : 'also where a caller has sampled: traces then have holes',
                fix: 'This is what was asked for.',
              },
            ]
          : [],
      ),
  },
  'sampler-breaks-traces': {
    severity: 'warning',
    symptom: 'broken-traces',
    about: 'a ratio sampler that does not ask the caller: traces have holes',
    find: (facts) =>
      inSampler(facts, ({ name, share }) =>
        name === 'traceidratio' && share > 0 && share < 1
          ? [
              {
                what: 'the sampler is traceidratio, without parentbased_',
                why: 'each service decides for itself: a trace that the caller keeps may have no spans from here',
                fix: 'OTEL_TRACES_SAMPLER=parentbased_traceidratio',
              },
            ]
          : [],
      ),
  },
} satisfies Checks<Facts>;

/** What cannot be read is a finding of `configuration`. */
export function inSettings(facts: Facts, find: (settings: ReturnType<typeof readSettings>) => Problem[]): Problem[] {
  return readable(() => readSettings(facts.env, { captureLogs: facts.loaded?.resolved.values['capture-logs'] }), find);
}

function inSampler({ env }: Facts, find: (sampler: ReturnType<typeof readSampler>) => Problem[]): Problem[] {
  return readable(() => readSampler(env), find);
}

function readable<T>(read: () => T, find: (value: T) => Problem[]): Problem[] {
  let value: T;
  try {
    value = read();
  } catch (error) {
    if (error instanceof KfError) return [];
    throw error;
  }
  return find(value);
}

export type Settings = ReturnType<typeof readSettings>;
