import type net from 'node:net';
import type { ConnectionReport, WhyDrained } from '../../contract/connection-report.js';
import { type HttpLeft, httpLeft, isHttpLeft } from './http-left.js';
import type { Tracked } from './tracked-server.js';

/** The servers of a worker on their way out. */
export interface HttpDrain {
  /** Settles when nothing is open any more on any server, of whatever protocol. */
  readonly closed: Promise<void>;
  /**
   * Settles when no request is in flight and no idle connection is left, or only what the app itself has to end:
   * upgraded connections, event streams, and after `lateMs` any response that has begun.
   */
  over(lateMs: number): Promise<void>;
  left(): HttpLeft;
  report(): ConnectionReport;
}

/** How often it is looked whether a response is an event stream, in milliseconds; an end is noticed at once. */
const LOOK_EVERY = 100;

export function watchHttp(servers: ReadonlyMap<net.Server, Tracked>): HttpDrain {
  const begun = performance.now();
  const all = [...servers.values()].flatMap(({ draining }) => (draining ? [draining] : []));
  return {
    closed: Promise.all(all.map(({ closed }) => closed)).then(() => undefined),
    over: (lateMs) =>
      new Promise((resolve) => {
        let scheduled = false;
        let wasOver = false;
        const look = () => {
          scheduled = false;
          if (isHttpLeft(servers, performance.now() - begun > lateMs)) {
            wasOver = false;
            return;
          }
          // Once more in the next turn: a server's `close` comes in front of that of its last connection, which libuv
          // reports at the end of a turn. The app is to have heard of both.
          if (!wasOver) {
            wasOver = true;
            return schedule();
          }
          clearInterval(timer);
          resolve();
        };
        const schedule = () => {
          if (scheduled) return;
          scheduled = true;
          setImmediate(look);
        };
        const timer = setInterval(schedule, LOOK_EVERY).unref();
        for (const draining of all) draining.follow(schedule);
        look();
      }),
    left: () => httpLeft(servers, false),
    report: () => {
      const drained: Partial<Record<WhyDrained, number>> = {};
      for (const server of all) {
        for (const [why, count] of server.drained) drained[why] = (drained[why] ?? 0) + count;
      }
      return { moved: all.reduce((sum, server) => sum + server.moved(), 0), drained };
    },
  };
}
