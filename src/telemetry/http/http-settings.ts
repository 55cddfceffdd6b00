import type { RequestOptions } from 'node:http';
import type { HttpInstrumentationConfig } from '@opentelemetry/instrumentation-http';
import type { UndiciInstrumentationConfig } from '@opentelemetry/instrumentation-undici';
import type { HttpSettings } from '../built-in-options.js';
import { isAgentsUpload } from '../other-agents.js';
import { redactedUrl } from './redact-query.js';

/** Whether a path with its query is excluded. The expressions were checked at the start. */
export function excluder({ excludeUrls = [] }: HttpSettings): (url: string | undefined) => boolean {
  const patterns = excludeUrls.map((pattern) => new RegExp(pattern));
  return (url = '') => patterns.some((pattern) => pattern.test(url));
}

export function httpConfig(settings: HttpSettings): HttpInstrumentationConfig {
  const { excludeUrls = [], requestAttributes = [] } = settings;
  const excluded = excluder(settings);
  return {
    ignoreOutgoingRequestHook: ({ hostname, host, path, headers }) =>
      isAgentsUpload(hostname ?? host, path, userAgentOf(headers)),
    ...(excludeUrls.length > 0 && { ignoreIncomingRequestHook: ({ url }) => excluded(url) }),
    ...(requestAttributes.length > 0 && {
      headersToSpanAttributes: { server: { requestHeaders: [...requestAttributes] } },
    }),
  };
}

/** Its `url.full` is written as node:http's is: without what signs a request. */
export function undiciConfig(): UndiciInstrumentationConfig {
  return {
    ignoreRequestHook: ({ origin, path }) => isAgentsUpload(hostOf(origin), path),
    startSpanHook: ({ origin, path }) => redactedUrl(`${origin}${path}`),
  };
}

function userAgentOf(headers: RequestOptions['headers']): unknown {
  const [, value] = Object.entries(headers ?? {}).find(([name]) => name.toLowerCase() === 'user-agent') ?? [];
  return value;
}

const hostOf = (origin: string) => origin.replace(/^\w+:\/\//, '');
