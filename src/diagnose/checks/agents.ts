import { importersOf } from '../app/sources.js';
import type { Problem } from '../check.js';
import type { Facts } from '../facts.js';

/** Another agent, and what makes it live beside us. */
interface Agent {
  readonly title: string;
  /** Whether it is set to leave tracing to others. */
  isQuiet(facts: Facts): boolean;
  readonly setting: string;
}

const off =
  (name: string, ...values: string[]) =>
  ({ env }: Facts): boolean =>
    values.includes((env[name] ?? '').trim().toLowerCase());

/** By the package that brings it. */
export const AGENTS: Readonly<Record<string, Agent>> = {
  'dd-trace': {
    title: 'Datadog',
    isQuiet: off('DD_TRACE_ENABLED', 'false', '0'),
    setting: 'DD_TRACE_ENABLED=false: its profiler and metrics stay',
  },
  newrelic: {
    title: 'New Relic',
    isQuiet: off('NEW_RELIC_ENABLED', 'false'),
    setting: 'NEW_RELIC_ENABLED=false',
  },
  'elastic-apm-node': {
    title: 'Elastic APM',
    isQuiet: (facts) => off('ELASTIC_APM_ACTIVE', 'false')(facts) || off('ELASTIC_APM_INSTRUMENT', 'false')(facts),
    setting: 'ELASTIC_APM_INSTRUMENT=false',
  },
  '@sentry/node': {
    title: 'Sentry',
    isQuiet: ({ sources, preloads }) => hasText('skipOpenTelemetrySetup: true', sources, preloads),
    setting: 'Sentry.init({ skipOpenTelemetrySetup: true }): its errors then carry our trace ids',
  },
  '@vercel/otel': {
    title: 'Vercel',
    isQuiet: ({ sources }) => importersOf(sources, '@vercel/otel').length === 0,
    setting: 'no registerOTel() in instrumentation.ts: Next makes its spans through any provider',
  },
  '@azure/monitor-opentelemetry': {
    title: 'Azure Monitor',
    isQuiet: ({ sources, preloads }) => !isUsed('@azure/monitor-opentelemetry', sources, preloads),
    setting: 'no useAzureMonitor(): send OTLP to the collector, which has an Azure exporter',
  },
  applicationinsights: {
    title: 'Application Insights',
    isQuiet: off('APPLICATIONINSIGHTS_INSTRUMENTATION_DISABLED', 'true'),
    setting: 'no setup().start(): send OTLP to the collector, which has an Azure exporter',
  },
  '@splunk/otel': {
    title: 'Splunk',
    isQuiet: off('SPLUNK_TRACE_ENABLED', 'false'),
    setting: 'SPLUNK_TRACE_ENABLED=false: its profiler stays',
  },
  '@elastic/opentelemetry-node': {
    title: 'Elastic (EDOT)',
    isQuiet: () => false,
    setting: 'none: it is a whole OpenTelemetry SDK. Leave its --import out',
  },
  '@dynatrace/oneagent-sdk': {
    title: 'Dynatrace',
    isQuiet: () => true, // it only speaks to an agent that is there anyway
    setting: 'nothing to set',
  },
  '@appsignal/nodejs': {
    title: 'AppSignal',
    isQuiet: off('APPSIGNAL_ACTIVE', 'false'),
    setting: 'APPSIGNAL_ACTIVE=false',
  },
};

/** Found where the app has it and something loads it. */
export function agentFinding(name: string, { title, isQuiet, setting }: Agent, facts: Facts): Problem[] {
  const { sources, preloads, manifest } = facts;
  const used = isUsed(name, sources, preloads);
  if (!used && !(name in manifest.dependencies)) return [];
  if (isQuiet(facts)) return [];
  const preload = preloads.find((one) => one.package === name);
  const where = preload
    ? `${preload.from} loads ${preload.specifier}`
    : used
      ? `the app loads ${name}`
      : `${name} is a dependency`;
  return [
    {
      what: `${title} is here too: ${where}`,
      why: 'two agents patch the same functions: spans twice, broken parents, or one of them sees nothing',
      fix: `Let one do the tracing. To keep both: ${setting}`,
    },
  ];
}

function isUsed(name: string, sources: Facts['sources'], preloads: Facts['preloads']): boolean {
  return (
    importersOf(sources, name).length > 0 ||
    preloads.some((one) => one.package === name || importersOf(one.sources, name).length > 0)
  );
}

function hasText(text: string, sources: Facts['sources'], preloads: Facts['preloads']): boolean {
  const plain = (one: string) => one.replaceAll(/\s+/g, '');
  return [...sources, ...preloads.flatMap((one) => one.sources)].some((one) => plain(one.text).includes(plain(text)));
}
