import test from 'ava';
import type { Raw } from '../../src/config/kinds.js';
import { fileKeyOf } from '../../src/config/option-row.js';
import { ROWS } from '../../src/config/options.js';
import { type LayerInput, resolveOptions } from '../../src/config/resolve.js';

const NOTHING: LayerInput = { flags: {}, environment: {}, base: '/srv' };

/** What stands on the command line, and the same in code; never the default. */
const EXAMPLES: Readonly<Record<string, readonly [flag: Raw, code: Raw]>> = {
  telemetry: ['auto', 'auto'],
  'auto-instrumentation': [false, false],
  instrumentations: ['{"pg":{"enhancedDatabaseReporting":true}}', { pg: { enhancedDatabaseReporting: true } }],
  'http-instrumentation': ['upstream', 'upstream'],
  'exclude-urls': [
    ['^/health', '[.]css$'],
    ['^/health', '[.]css$'],
  ],
  'request-attributes': [['x-tenant'], ['x-tenant']],
  'id-generator': ['xray', 'xray'],
  'instrumentations-from': [['more'], ['more']],
  preset: ['kf-agent', 'kf-agent'],
  'service-name': ['shop', 'shop'],
  'traces-exporter': ['otlp,console', 'otlp,console'],
  'metrics-exporter': ['otlp', 'otlp'],
  'logs-exporter': ['otlp', 'otlp'],
  'log-correlation': [true, true],
  'capture-logs': [true, true],
  propagators: ['b3', 'b3'],
  'traces-sampler': ['always_off', 'always_off'],
  'traces-sampler-arg': ['0.25', '0.25'],
  'exporter-otlp-endpoint': ['http://collector:4317', 'http://collector:4317'],
  'exporter-otlp-protocol': ['http/protobuf', 'http/protobuf'],
  'exporter-otlp-headers-file': ['key', 'key'],
  'otlp-transport': ['upstream', 'upstream'],
  delivery: ['journal', 'journal'],
  'journal-per': ['span', 'span'],
  'journal-starts': [true, true],
  'spool-dir': ['spool', 'spool'],
  'spool-max': ['64MB', '64MB'],
  'spool-max-age': ['2h', '2h'],
};

for (const row of ROWS.filter(({ group }) => group === 'Telemetry')) {
  test(`--${row.name} means in cluster.setup() and in a config file what it means on the command line`, (t) => {
    const example = EXAMPLES[row.name];
    if (!example) return void t.fail('it has no example here');
    const [flag, code] = example;
    const read = (input: Partial<LayerInput>) => {
      const { values, env, sources } = resolveOptions({ ...NOTHING, ...input });
      return { values, env, isDefault: sources[row.name].layer === 'default' };
    };
    const keyed = { label: 'here', base: '/srv', values: { [fileKeyOf(row)]: code }, env: {} };
    const byFlag = read({ flags: { [row.name]: flag } });
    t.deepEqual(read({ code: keyed }), byFlag);
    t.deepEqual(read({ file: keyed }), byFlag);
    t.false(byFlag.isDefault);
    const none = read({});
    t.notDeepEqual([byFlag.values, byFlag.env], [none.values, none.env], 'the example says nothing new');
  });
}
