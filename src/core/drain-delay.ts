import { addsUrgency, type StopEvent, stop } from './stop.js';
import { arm, disarm, notify, set, type Turn } from './turn.js';

/**
 * The way to a stop: load balancers learn it first, and have the drain delay to take this cluster off their lists.
 * Meanwhile workers serve on, and are replaced as ever when they are lost; nothing new is planned. A second stop ends the
 * delay.
 */
export function leaveOrStop(turn: Turn, event: StopEvent): void {
  const { stop: stopping, leave, policy } = turn.state;
  if (leave) {
    const requests = [...leave.requests, ...(event.request === undefined ? [] : [event.request])];
    if (!addsUrgency(turn, leave, event)) return set(turn, { leave: { ...leave, requests } });
    return stop(turn, event, endLeave(turn));
  }
  if (stopping || !event.delay || event.quick || policy.drainDelay === 0) return stop(turn, event);
  const requests = event.request === undefined ? [] : [event.request];
  set(turn, { phase: 'leaving', leave: { signal: event.signal, since: turn.at, requests } });
  arm(turn, 'leave', policy.drainDelay);
  notify(turn, { type: 'leaving', ms: policy.drainDelay });
}

/** The drain delay is over. */
export function leaveOver(turn: Turn): void {
  const { leave } = turn.state;
  if (!leave) return; // in the queue already when a second stop came
  set(turn, { leave: undefined });
  stop(turn, { type: 'stop', ...(leave.signal !== undefined && { signal: leave.signal }) }, leave.requests);
}

/** There will be no end of the delay. @returns who waits for the end of the cluster */
export function endLeave(turn: Turn): readonly number[] {
  const { leave } = turn.state;
  if (!leave) return [];
  disarm(turn, 'leave');
  set(turn, { leave: undefined });
  return leave.requests;
}
