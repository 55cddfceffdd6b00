import type { NowView } from '../data/contract.js';
import { bytes, duration, percent, slotName } from '../parts/format.js';
import { Wide } from '../parts/wide.js';
import { skewOf } from './skew.js';

const or = (value: number | undefined, format: (value: number) => string) =>
  value === undefined ? '–' : format(value);

/** The workers beside each other: one that fares worse than its siblings is named. */
export function SkewTable({ slots }: { readonly slots: NowView['lanes'] }) {
  return (
    <section class="block">
      <h2>Workers beside each other, the last minute</h2>
      <Wide label="Workers beside each other">
        <table class="rows">
          <thead>
            <tr>
              <th scope="col">Worker</th>
              <th scope="col" class="number">
                Requests
              </th>
              <th scope="col" class="number">
                p95
              </th>
              <th scope="col" class="number">
                Loop delay
              </th>
              <th scope="col" class="number">
                Memory
              </th>
              <th scope="col">Against its siblings</th>
            </tr>
          </thead>
          <tbody>
            {skewOf(slots).map((row) => (
              <tr key={row.slot}>
                <td>{slotName(row.slot)}</td>
                <td class="number">{percent(row.share)}</td>
                <td class="number">{or(row.p95, duration)}</td>
                <td class="number">{or(row.loopDelay, duration)}</td>
                <td class="number">{or(row.memory, bytes)}</td>
                <td class={row.differs.length > 0 ? 'warn-text' : 'muted'}>{row.differs.join(', ') || 'alike'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Wide>
    </section>
  );
}
