import type { ProgressLine } from '../contract/control-protocol.js';
import { counted } from '../contract/counted.js';

type Step = Extract<ProgressLine, { type: 'step' }>;

/** Shows a reload as it goes: on a terminal one live line a slot, elsewhere one line when a slot's old worker is gone. */
export function createProgress(what: string, out: NodeJS.WriteStream) {
  const slots = new Map<number, string[]>();
  let drawn = 0;
  const draw = () => {
    const up = drawn > 0 ? `\u001b[${drawn}A` : '';
    out.write(up + [...slots].map(([slot, steps]) => `\u001b[2K${lineOf(slot, steps)}\n`).join(''));
    drawn = slots.size;
  };
  const end = (text: string) => {
    // The flush is reported apart from the exit, so that a slot's line is complete only now.
    if (!out.isTTY) for (const [slot, steps] of slots) out.write(`${lineOf(slot, steps)}\n`);
    out.write(`${text}\n`);
  };
  return {
    take(line: ProgressLine): void {
      if (line.type === 'started')
        return void out.write(`${what}: generation ${line.generation}, ${counted(line.slots.length, 'slot')}\n`);
      if (line.type === 'done') return end(`${what}: done after ${time(line.ms)}`);
      if (line.type === 'failed') return end(`${what}: failed`);
      const steps = slots.get(line.slot) ?? [];
      slots.set(line.slot, [...steps, textOf(line)]);
      if (out.isTTY) draw();
      else if (line.step === 'drained') {
        out.write(`${lineOf(line.slot, slots.get(line.slot)!)}\n`);
        slots.delete(line.slot);
      }
    },
  };
}

function lineOf(slot: number, steps: readonly string[]): string {
  return `slot ${slot}: ${steps.join(' -> ')}`;
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
      return `flushed ${step.spans} spans`;
    case 'lost':
      return `lost (${step.reason})`;
  }
}

function time(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}
