import { isProbe } from '../store/http-names.js';
import type { Trace } from '../store/trace-index.js';

/** Whether the entry of a trace is a health probe. */
export function isProbeTrace({ entry: { segment, row } }: Trace): boolean {
  const route = segment.texts.text(segment.route[row] ?? 0);
  if (route === '') return false;
  if (isProbe(route, '')) return true;
  const agent = segment.attributes.read(row).find(([key]) => key === 'user_agent.original');
  return agent !== undefined && isProbe('', agent[1]);
}
