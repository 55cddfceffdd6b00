import type { KfError } from '../../contract/errors.js';
import { visible } from '../../contract/visible.js';
import { type CallSupervisor, follow } from './follow.js';
import { newTrace, readUrl } from './send-request.js';
import { judge } from './verdict.js';

interface SmokeResult {
  readonly traceId: string;
  /** For the terminal, with the trace id first. */
  readonly text: string;
  /** Undefined when the collector has acknowledged every span of the request. */
  readonly failure: KfError | undefined;
}

/**
 * Sends a request to an app and follows it through the workers of its supervisor.
 * @throws KfError BAD_FLAG for a URL that is none, UNREACHABLE for an app or a supervisor that does not answer
 */
export async function smokeUrl(text: string, call: CallSupervisor): Promise<SmokeResult> {
  const url = readUrl(text);
  const ids = newTrace();
  const followed = await follow(call, url, ids);
  const { lines, failure } = judge(followed, ids);
  const { status, ms } = followed.answered;
  // A query may hold a key.
  const all = [
    `trace ${ids.traceId}`,
    `  GET ${url.origin}${url.pathname} answered ${status} in ${Math.round(ms)} ms`,
    ...lines.map(([ok, line]) => `  ${ok ? 'yes' : 'no '} ${visible(line)}`),
  ];
  return { traceId: ids.traceId, text: `${all.join('\n')}\n`, failure };
}
