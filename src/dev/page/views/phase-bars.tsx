import type { NowView } from '../data/contract.js';
import { WorkerBadge } from '../parts/badges.js';
import { clock, slotName } from '../parts/format.js';

type Slot = NowView['lanes'][number];

/** One bar for each slot: which worker was in it, and in which phase, over the last five minutes. */
export function PhaseBars({
  slots,
  seconds,
}: {
  readonly slots: readonly Slot[];
  readonly seconds: readonly number[];
}) {
  const from = seconds[0] ?? 0;
  const to = seconds.at(-1) ?? 1;
  const share = (time: number) => Math.min(100, Math.max(0, ((time - from) / Math.max(1, to - from)) * 100));
  return (
    <ol class="phase-bars" aria-label="Workers by slot">
      {slots
        .filter((one) => one.phases.length > 0)
        .map((one) => (
          <li key={one.slot}>
            <span class="slot-name">
              {slotName(one.slot)} <Current slot={one} />
            </span>
            <ol class="phases">
              {one.phases
                .filter((phase) => untilOf(phase, to) >= from)
                .map((phase) => (
                  <li
                    key={`${phase.from} ${phase.phase}`}
                    class={phase.phase}
                    title={`${phase.phase}, generation ${phase.worker.generation}, pid ${phase.worker.pid}, from ${clock(phase.from)}`}
                    style={{
                      left: `${share(phase.from)}%`,
                      width: `${Math.max(0.3, share(untilOf(phase, to)) - share(phase.from))}%`,
                    }}
                  >
                    <span>
                      {phase.phase} g{phase.worker.generation} {phase.worker.pid}
                    </span>
                  </li>
                ))}
            </ol>
          </li>
        ))}
    </ol>
  );
}

/** The newest worker that has not exited; the old one of a reload exits after the new one is ready. */
function currentOf(phases: Slot['phases']): Slot['phases'][number] | undefined {
  return phases.findLast(({ phase, to }) => phase !== 'exited' && to === undefined) ?? phases.at(-1);
}

/** An exit is a moment: it must not cover the worker that follows. */
const untilOf = ({ phase, from, to }: Slot['phases'][number], now: number) => (phase === 'exited' ? from : (to ?? now));

function Current({ slot }: { readonly slot: Slot }) {
  const last = currentOf(slot.phases);
  if (last === undefined) return null;
  return (
    <>
      <WorkerBadge worker={last.worker} /> <span class={`phase-name ${last.phase}`}>{last.phase}</span>{' '}
      <span class="muted">{last.worker.pid}</span>
    </>
  );
}
