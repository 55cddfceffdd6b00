import type { Attributes, AttributeValue } from '../model.js';
import { countOf } from '../text.js';

/** The stable names of HTTP attributes and the ones before them. */
const STATUS = ['http.response.status_code', 'http.status_code'];
const METHOD = ['http.request.method', 'http.method'];
const PATH = ['url.path', 'http.target', 'url.full', 'http.url'];

export function statusOf(attributes: Attributes): number | undefined {
  const status = countOf(own(attributes, STATUS));
  return status !== undefined && status < 1_000 ? status : undefined;
}

export function methodOf(attributes: Attributes): string | undefined {
  return textIn(attributes, METHOD);
}

/** The route's template, where an instrumentation knows it, or the path without its query. */
export function routeOf(attributes: Attributes): string | undefined {
  const route = textIn(attributes, ['http.route']);
  return route ?? textIn(attributes, PATH)?.split('?')[0];
}

function textIn(attributes: Attributes, names: readonly string[]): string | undefined {
  const value = own(attributes, names);
  return typeof value === 'string' ? value : undefined;
}

/** A key may be called as what every object has. */
function own(attributes: Attributes, names: readonly string[]): AttributeValue | undefined {
  const name = names.find((one) => Object.hasOwn(attributes, one));
  return name === undefined ? undefined : attributes[name];
}

/** A request that asks how the app is, by its path or by who asks. */
export function isProbe(route: string, userAgent: string): boolean {
  return PROBES.test(route) || /^(kube-probe|ELB-HealthChecker|GoogleHC)\b/i.test(userAgent);
}

const PROBES =
  /^\/(healthz?|healthcheck|health\/\w+|livez|live|liveness|readyz|ready|readiness|startupz|ping|status\/health)\/?$/i;
