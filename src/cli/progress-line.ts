import { type Color, paint } from '../contract/color.js';
import type { ProgressLine } from '../contract/control-protocol.js';
import { counted } from '../contract/counted.js';
import { cut } from './display-width.js';
import type { Screen } from './screen.js';

type Step = Extract<ProgressLine, { type: 'step' }>;

/**
 * Shows a reload as it goes: on a terminal one live line a slot, elsewhere one line when a slot's old worker is gone. Slots
 * that no longer fit on the terminal stand still above.
 */
export function createProgress(what: string, out: Pick<NodeJS.WriteStream, 'write'>, screen: Screen) {
  const slots = new Map<number, string[]>();
  let above = 0;
  let drawn = 0;
  // A line that the terminal wraps would be two for the cursor.
  const width = screen.live ? screen.columns - 1 : Number.POSITIVE_INFINITY;
  const write = (text: string, color?: Color) => out.write(`${color ? paint(text, color, screen.color) : text}\n`);
  const draw = () => {
    const up = drawn > 0 ? `\u001b[${drawn}A` : '';
    const lines = [...slots].slice(above).map(([slot, steps]) => `\u001b[2K${lineOf(slot, steps, width)}\n`);
    out.write(up + lines.join(''));
    drawn = Math.min(lines.length, Math.max(1, screen.rows - 1));
    above += lines.length - drawn;
  };
  const end = (text: string, color: Color) => {
    // The flush is reported apart from the exit, so that a slot's line is complete only now.
    if (!screen.live) for (const [slot, steps] of slots) write(lineOf(slot, steps, width));
    write(text, color);
  };
  return {
    take(line: ProgressLine): void {
      if (line.type === 'started')
        return void write(`${what}: generation ${line.generation}, ${counted(line.slots.length, 'slot')}`);
      if (line.type === 'done') return end(`${what}: done after ${time(line.ms)}`, 'green');
      if (line.type === 'failed') return end(`${what}: failed`, 'red');
      const steps = slots.get(line.slot) ?? [];
      slots.set(line.slot, [...steps, textOf(line)]);
      if (screen.live) draw();
      else if (line.step === 'drained') {
        write(lineOf(line.slot, slots.get(line.slot)!, width));
        slots.delete(line.slot);
      }
    },
  };
}

/** Where it is too long, the last steps are what counts. */
function lineOf(slot: number, steps: readonly string[], width: number): string {
  const name = `slot ${slot}: `;
  return name + cut(steps.join(' -> '), width - name.length, 'start');
}

function textOf(step: Step): string {
  switch (step.step) {
    case 'forking':
      return 'forking';
    case 'ready':
      return `ready ${time(step.ms)}`;
    case 'drained':
      return `old drained ${time(step.ms)}`;
    case 'flushed':
      return `flushed ${counted(step.spans, 'span')}`;
    case 'lost':
      return `lost (${step.reason})`;
  }
}

function time(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}
