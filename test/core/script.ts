import type { StopReason } from '../../src/contract/exit-reasons.js';
import type { Effect, Event, Policy } from '../../src/core/types.js';
import { renderEffects, renderState } from './render.js';
import { POLICY, World } from './world.js';

/**
 * Plays a golden script: blocks of `command`, `----` and the output, apart by empty lines; `#` begins a comment.
 *
 *     start workers=N [policy]        ready ID...            exit ID... code=N|signal=NAME
 *     hung ID                         leaving ID reason=R    advance TIME [silent]
 *     alive ID
 *     stop [SIGNAL] [quick] [delay] [req=N]
 *     scale +N|-N|N [req=N]  reload [workers=N] [policy] [req=N]
 *     recycle ID REASON [req=N]       unstarted ID...
 *
 * Policy: boot, drain, flush, delay, min-uptime, window, canary (times), backoff=TIME..TIME, max-restarts, surge, unavailable,
 * restart=RULE, codes=N,N, lingers=WHEN.
 * A canary that is asked whether it lives answers at once, unless it is `silent`.
 * A command that makes the core draw a number needs roll=X; without it the clock throws.
 *
 * @returns the same script with the output that came
 */
export function play(text: string): string {
  let world: World | undefined;
  const blocks = text.trimEnd().split(/\n\n+/);
  const played = blocks.map((block) => {
    const [input = ''] = block.split(/^----$/m);
    const lines = input.trimEnd().split('\n');
    const commands = lines.filter((line) => !line.startsWith('#') && line.trim() !== '');
    const output: string[] = [];
    for (const line of commands) {
      const command = parse(line);
      if (command.name === 'start') world = new World(Number(command.flags.workers), policyOf(command));
      if (!world) throw new Error('a script begins with start');
      output.push(...run(world, command));
    }
    if (commands.length === 0 || !world) return input.trimEnd();
    return [...lines, '----', ...output, ...renderState(world.state)].join('\n');
  });
  return `${played.join('\n\n')}\n`;
}

interface Command {
  readonly name: string;
  readonly words: readonly string[];
  readonly flags: Readonly<Record<string, string>>;
}

function parse(line: string): Command {
  const [name = '', ...rest] = line.trim().split(/\s+/);
  const pairs = rest.filter((word) => word.includes('=')).map((word) => word.split('=') as [string, string]);
  return { name, words: rest.filter((word) => !word.includes('=')), flags: Object.fromEntries(pairs) };
}

function run(world: World, command: Command): string[] {
  const roll = command.flags.roll === undefined ? Number.NaN : Number(command.flags.roll);
  if (command.name === 'advance') return advance(world, command, roll);
  const output: string[] = [];
  for (const event of eventsOf(command, world)) output.push(...show(world, world.take(event, roll)));
  return output;
}

function advance(world: World, { words }: Command, roll: number): string[] {
  const output: string[] = [];
  world.clock.advance(time(words[0]), (key) => {
    const effects = world.take({ type: 'timer', key }, roll);
    output.push(`at ${world.clock.now} ms: ${key}`, ...show(world, effects));
    const asked = effects.find((effect) => effect.type === 'ask-alive');
    if (!asked || words.includes('silent')) return;
    output.push(`  #${asked.id} answers`, ...show(world, world.take({ type: 'alive', id: asked.id }, roll)));
  });
  return output.length > 0 ? output : ['  no timer was due'];
}

function show(world: World, effects: readonly Effect[]): string[] {
  return renderEffects(effects, world.clock.now);
}

function eventsOf({ name, words, flags }: Command, world: World): Event[] {
  const ids = words.filter((word) => /^\d+$/.test(word)).map(Number);
  const [first = ''] = words;
  const id = ids[0] ?? 0;
  const request = flags.req === undefined ? {} : { request: Number(flags.req) };
  const code = flags.code === undefined ? null : Number(flags.code);
  const events: Record<string, () => Event[]> = {
    start: () => [{ type: 'start' }],
    ready: () => ids.map((one) => ({ type: 'ready', id: one })),
    exit: () => ids.map((one) => ({ type: 'exit', id: one, code, signal: flags.signal ?? null })),
    unstarted: () => ids.map((one) => ({ type: 'exit', id: one, code, signal: null, unstarted: true })),
    hung: () => [{ type: 'hung', id }],
    alive: () => [{ type: 'alive', id }],
    leaving: () => [{ type: 'leaving', id, reason: flags.reason as StopReason }],
    stop: () => {
      const signal = words.find((word) => word.startsWith('SIG'));
      return [
        {
          type: 'stop',
          ...(signal && { signal }),
          ...(words.includes('quick') && { quick: true }),
          ...(words.includes('delay') && { delay: true }),
          ...request,
        },
      ];
    },
    scale: () => [
      { type: 'scale', ...(/^[+-]/.test(first) ? { by: Number(first) } : { to: Number(first) }), ...request },
    ],
    reload: () => {
      const target = flags.workers === undefined ? {} : { target: Number(flags.workers) };
      return [{ type: 'reload', policy: policyOf({ name, words, flags }, world.state.policy), ...target, ...request }];
    },
    recycle: () => [{ type: 'recycle', id, reason: words[1] as StopReason, ...request }],
  };
  const make = events[name];
  if (!make) throw new Error(`unknown command ${name}`);
  return make();
}

function policyOf({ flags }: Command, base: Policy = POLICY): Policy {
  const [initial, max] = (flags.backoff ?? '').split('..');
  const ms = (key: string, before: number) => (flags[key] === undefined ? before : time(flags[key]));
  const count = (key: string, before: number) => Number(flags[key] ?? before);
  return {
    bootTimeout: ms('boot', base.bootTimeout),
    drainTimeout: ms('drain', base.drainTimeout),
    flushTimeout: ms('flush', base.flushTimeout),
    drainDelay: ms('delay', base.drainDelay),
    backoff: initial && max ? { initial: time(initial), max: time(max) } : base.backoff,
    minUptime: ms('min-uptime', base.minUptime),
    maxRestarts: count('max-restarts', base.maxRestarts),
    restartWindow: ms('window', base.restartWindow),
    canaryTime: ms('canary', base.canaryTime),
    maxSurge: count('surge', base.maxSurge),
    maxUnavailable: count('unavailable', base.maxUnavailable),
    restart: (flags.restart as Policy['restart'] | undefined) ?? base.restart,
    stopExitCodes: flags.codes === undefined ? base.stopExitCodes : flags.codes.split(',').map(Number),
    moveConnections: base.moveConnections,
    lingers: (flags.lingers as Policy['lingers'] | undefined) ?? base.lingers,
  };
}

function time(text = ''): number {
  const [, number, unit] = /^([\d.]+)(ms|s|m)$/.exec(text) ?? [];
  if (number === undefined) throw new Error(`${text} is no time`);
  return Number(number) * { ms: 1, s: 1_000, m: 60_000 }[unit as 'ms' | 's' | 'm'];
}
