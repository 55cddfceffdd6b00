import { members } from '../../src/core/roster.js';
import type { Effect, Member, Notification, State } from '../../src/core/types.js';

/** What was decided, one line an effect; timers together in one. `~` stands in front of a timer that is taken back. */
export function renderEffects(effects: readonly Effect[], now: number): string[] {
  const lines = effects.map((effect) => renderEffect(effect)).filter((line) => line !== undefined);
  const timers = effects.map((effect) => renderTimer(effect, now)).filter((text) => text !== undefined);
  const all = timers.length > 0 ? [...lines, `  timers ${timers.join(', ')}`] : lines;
  return all.length > 0 ? all : ['  nothing'];
}

/** Where everything stands, after the effects. */
export function renderState(state: State): string[] {
  const { phase, generation, target, reload, recycling, stop, bootForks } = state;
  const extra = [
    reload && `to=${reload.to}${wayBack(reload.rollback)} pending=${reload.pending.join(',') || 'none'}`,
    recycling.length > 0 && `recycling=${recycling.map(({ id }) => `#${id}`).join(',')}`,
    stop && `level=${stop.level} code=${stop.code}`,
    bootForks !== undefined && `boot-forks=${bootForks}`,
  ];
  const head = [`= ${phase} generation=${generation} target=${target}`, ...extra.filter(Boolean)].join(' ');
  const slots = [...new Set(members(state).map((one) => one.slot))].sort((a, b) => a - b);
  return [head, ...slots.map((slot) => `  ${slot}: ${renderSlot(state, slot)}`)];
}

function wayBack(rollback: NonNullable<State['reload']>['rollback']): string {
  if (!rollback) return '';
  return rollback.stuck === undefined ? ' rollback' : ` rollback stuck=${rollback.stuck}`;
}

function renderSlot(state: State, slot: number): string {
  const here = members(state).filter((one) => one.slot === slot);
  const failures = state.slots[slot]?.failures ?? 0;
  return here.map(renderMember).join(', ') + (failures > 0 ? ` (failures ${failures})` : '');
}

function renderMember(one: Member): string {
  const generation = one.generation > 1 ? ` g${one.generation}` : '';
  const replaces = one.replaces ? ` for #${one.replaces.id}` : '';
  return `#${one.id}${generation} ${one.phase}${one.reason ? ` ${one.reason}` : ''}${replaces}`;
}

function renderEffect(effect: Effect): string | undefined {
  switch (effect.type) {
    case 'fork':
      return `  fork #${effect.id} slot ${effect.slot} generation ${effect.generation}`;
    case 'retire':
      return `  retire #${effect.id} ${effect.reason} drain=${ms(effect.drain)} flush=${ms(effect.flush)}`;
    case 'prepare':
      return `  prepare slot ${effect.slot} generation ${effect.generation}`;
    case 'discard':
    case 'let-go-of-ports':
      return `  ${effect.type}`;
    case 'ask-alive':
      return `  ask-alive #${effect.id}`;
    case 'kill':
      return `  kill #${effect.id} ${effect.reason}`;
    case 'notify':
      return renderNews(effect.notification);
    case 'reply':
      return `  reply ${effect.request}: ${effect.answer.ok ? 'ok' : `${effect.answer.code}, ${effect.answer.why}`}`;
    case 'exit':
      return `  EXIT ${effect.code}`;
    case 'arm':
    case 'disarm':
      return undefined;
  }
}

function renderNews({ type, ...fields }: Notification): string | undefined {
  if (type === 'worker-starting') return undefined; // always with a fork, which is shown
  const shown = Object.entries(fields).filter(([, value]) => value !== undefined && value !== null);
  return `  tell ${type}${shown.map(([key, value]) => ` ${key}=${value}`).join('')}`;
}

function renderTimer(effect: Effect, now: number): string | undefined {
  if (effect.type === 'arm') return `${effect.key} in ${ms(effect.at - now)}`;
  return effect.type === 'disarm' ? `~${effect.key}` : undefined;
}

function ms(time: number): string {
  return time >= 1_000 && time % 100 === 0 ? `${time / 1_000}s` : `${time}ms`;
}
