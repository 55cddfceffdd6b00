import type { Dice } from '../chaos/dice.js';
import { ERRNOS, UNKNOWN, WITHOUT } from './errnos.js';

export const PARTIES = ['primary', 'worker'] as const;
export type Party = (typeof PARTIES)[number];

export const PHASES = ['start', 'serve', 'log', 'status', 'scrape', 'reload', 'crash', 'spool', 'stop'] as const;
export type Phase = (typeof PHASES)[number];

export const MOMENTS = ['first', 'later', 'every'] as const;
export type Moment = (typeof MOMENTS)[number];

/** How often the busiest thread of a party made each call in a phase. */
export interface Recorded {
  readonly party: Party;
  readonly phase: Phase;
  readonly calls: Readonly<Record<string, number>>;
}

/** One call of one party in one phase that fails with one error. */
export interface Case {
  readonly party: Party;
  readonly phase: Phase;
  readonly call: string;
  readonly errno: string;
  readonly moment: Moment;
  /** As strace wants it: the nth call of a thread, or each from the nth on. */
  readonly when: string;
}

/** Every case that a recording allows, in an order that does not depend on it. */
export function casesOf(recorded: readonly Recorded[]): Case[] {
  const cases = recorded.flatMap(({ party, phase, calls }) =>
    Object.entries(calls)
      .filter(([call]) => !WITHOUT.has(call))
      .flatMap(([call, count]) =>
        (ERRNOS[call] ?? UNKNOWN).flatMap((errno) =>
          momentsOf(count).map(([moment, when]) => ({ party, phase, call, errno, moment, when })),
        ),
      ),
  );
  return cases.sort(byPlace);
}

export function nameOf({ party, phase, call, errno, moment }: Case): string {
  return `${party} ${phase} ${call} ${errno} ${moment}`;
}

/** Cases drawn so that each call of each party and phase has the same chance, however many errors it has. */
export function sample(cases: readonly Case[], count: number, dice: Dice): Case[] {
  const groups = new Map<string, Case[]>();
  for (const one of cases) {
    const name = `${one.party} ${one.phase} ${one.call}`;
    groups.set(name, [...(groups.get(name) ?? []), one]);
  }
  const names = [...groups.keys()];
  const drawn: Case[] = [];
  while (drawn.length < count && names.length > 0) {
    const [name = ''] = names.splice(dice.between(0, names.length - 1), 1);
    drawn.push(dice.pick(groups.get(name) ?? [])!);
  }
  return drawn;
}

function momentsOf(count: number): (readonly [Moment, string])[] {
  const later = Math.max(2, Math.ceil(count / 2));
  const moments: [Moment, string][] = [['first', '1']];
  if (count >= later) moments.push(['later', String(later)]);
  if (count > 1) moments.push(['every', '1+']);
  return moments;
}

/** The order of the tables, which no recording changes. */
export function byPlace(a: Case, b: Case): number {
  return place(a) - place(b) || compare(a.call, b.call) || compare(a.errno, b.errno) || compare(a.moment, b.moment);
}

function place({ party, phase }: Case): number {
  return PARTIES.indexOf(party) * PHASES.length + PHASES.indexOf(phase);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
