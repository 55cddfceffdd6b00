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
                .filter((phase) => (phase.to ?? to) >= from)
                .map((phase) => (
                  <li
                    key={`${phase.from} ${phase.phase}`}
                    class={phase.phase}
                    title={`${phase.phase}, generation ${phase.worker.generation}, pid ${phase.worker.pid}, from ${clock(phase.from)}`}
                    style={{
                      left: `${share(phase.from)}%`,
                      width: `${Math.max(0.3, share(phase.to ?? to) - share(phase.from))}%`,
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

function Current({ slot }: { readonly slot: Slot }) {
  const last = slot.phases.at(-1);
  if (last === undefined) return null;
  return (
    <>
      <WorkerBadge worker={last.worker} /> <span class={`phase-name ${last.phase}`}>{last.phase}</span>{' '}
      <span class="muted">{last.worker.pid}</span>
    </>
  );
}
