import type { Log } from '../contract/log.js';
import { eventLog } from '../contract/log-events.js';
import { fileOf } from './instrumentation-states.js';
import type { Registration } from './registrations.js';

/** Something beside us in this process that traces too. */
interface OtherAgent {
  readonly name: string;
  readonly fix: string;
}

const BOTH = 'both trace each request: leave it out, or keep it alone with --no-telemetry (KF_CLUSTER_TELEMETRY=false)';
const SDK =
  "leave its set-up out: kf-cluster reads the same OTEL_* variables and loads the app's instrumentation packages; or keep it alone with --telemetry=auto (KF_CLUSTER_TELEMETRY=auto)";
const SENTRY =
  'one SERVER span a request: Sentry.init({ skipOpenTelemetrySetup: true, integrations: [Sentry.httpIntegration({ spans: false }), Sentry.nativeNodeFetchIntegration({ spans: false })] })';
const NEXT =
  'Next makes a SERVER span of its own: OTEL_NODE_DISABLED_INSTRUMENTATIONS=http leaves that one alone, NEXT_OTEL_FETCH_DISABLED=1 the CLIENT spans of kf-cluster';

/** By package; the setting that leaves one SERVER span a request. */
const AGENTS: Readonly<Record<string, string>> = {
  '@opentelemetry/sdk-node': SDK,
  '@elastic/opentelemetry-node': SDK,
  '@splunk/otel': SDK,
  '@azure/monitor-opentelemetry': SDK,
  '@vercel/otel': SDK,
  'dd-trace': BOTH,
  newrelic: BOTH,
  'elastic-apm-node': BOTH,
  '@instana/collector': BOTH,
  '@sentry/node': SENTRY,
  'next/dist/server/lib/trace': NEXT,
};

/**
 * Those of these files of loaded modules.
 *
 * @param registered whether a tracer provider was registered beside ours: an agent is named for it, or else the app's own
 */
export function otherAgents(loaded: Iterable<string>, registered = false): OtherAgent[] {
  const files = [...loaded];
  const found = Object.entries(AGENTS)
    .filter(([name]) => fileOf(name, files) !== undefined)
    .map(([name, fix]) => ({ name: name.replace(/\/dist\/.*/, ''), fix }));
  const named = found.some(({ fix }) => fix === SDK || fix === SENTRY);
  return registered && !named ? [...found, { name: 'a tracer provider of the app', fix: SDK }] : found;
}

const said = new Set<string>();

/** Says once of each what traces beside us. @param registered a tracer provider that the app has registered beside ours */
export function reportOtherAgents(log: Log, loaded: Iterable<string>, registered: Registration | undefined): void {
  for (const { name, fix } of otherAgents(loaded, registered !== undefined)) {
    if (said.has(name)) continue;
    said.add(name);
    eventLog(log, 'other-agent').warn('another SDK or agent is in this process', {
      name,
      ...(registered && { by: registered.by }),
      fix,
    });
  }
}

/** Where agents send what they have gathered: Datadog, New Relic, Sentry, Elastic. */
const PATHS =
  /^\/(v0\.\d\/(traces|stats|config)|telemetry\/proxy\/|evp_proxy\/|dogstatsd\/|profiling\/v1\/input|agent_listener\/|intake\/v2\/|config\/v1\/agents)/;
/** And where they ask in which cloud they run. */
const HOSTS =
  /(^|\.)(newrelic\.com|nr-data\.net|sentry\.io|datadoghq\.(com|eu)|metadata\.google\.internal)$|^169\.254\.169\.254$/;
/** What some say of themselves. */
const USER_AGENTS = /^(apm-agent-nodejs|elasticapm-node|NewRelic-NodeAgent|sentry\.javascript)\b/i;

/** Whether a request of this process is an agent's own: no part of the app's traces. */
export function isAgentsUpload(
  host: string | null | undefined,
  path: string | null | undefined,
  userAgent?: unknown,
): boolean {
  const bare = host?.replace(/:\d+$/, '') ?? '';
  return HOSTS.test(bare) || PATHS.test(path ?? '') || (userAgent !== undefined && USER_AGENTS.test(String(userAgent)));
}
