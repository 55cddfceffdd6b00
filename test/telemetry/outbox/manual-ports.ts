import { nodePorts, type SpoolFs, type SpoolPorts } from '../../../src/telemetry/outbox/outbox-ports.js';

interface Timer {
  readonly at: number;
  readonly run: () => void;
  /** Whether it keeps the process alive. */
  readonly hold: boolean;
}

/** Ports whose clock stands until it is moved, and whose turn of the event loop ends when the test says so. */
export function manualPorts(fs: Partial<SpoolFs> = {}) {
  const clock = { now: 1_000, wall: Date.UTC(2026, 0, 1), rolls: 0 };
  const timers = new Set<Timer>();
  const deferred: (() => void)[] = [];
  const ports: SpoolPorts = {
    now: () => clock.now,
    wallClock: () => clock.wall,
    // Another one each time: names of files are made of it.
    random: () => (++clock.rolls * 0.618_033_988_75) % 1,
    setTimer: (run, ms, hold = false) => {
      const timer = { at: clock.now + ms, run, hold };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    defer: (run) => void deferred.push(run),
    fs: { ...nodePorts.fs, ...fs },
  };
  /** Ends the turn: what was put off to its end runs, and what that puts off waits for the next one. */
  const endTurn = () => {
    for (const run of deferred.splice(0)) run();
  };
  /** Moves both clocks, and lets each timer run at its time. */
  const advance = (ms: number) => {
    const until = clock.now + ms;
    for (;;) {
      const [next] = [...timers].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      timers.delete(next);
      clock.wall += next.at - clock.now;
      clock.now = next.at;
      next.run();
    }
    clock.wall += until - clock.now;
    clock.now = until;
  };
  return { ports, clock, timers, deferred, endTurn, advance };
}
