import type { Config } from '../config/types.js';
import type { Log } from '../contract/log.js';
import { eventLog } from '../contract/log-events.js';
import type { Notice, WorkerMessage } from '../contract/messages.js';
import type { Event, TimerKey } from '../core/types.js';
import type { Ports } from './ports.js';

/** How long a worker may take to answer, in milliseconds; one that is blocked does not. */
const PATIENCE = 5_000;

interface PortlessParts {
  readonly ports: Pick<Ports, 'timer'>;
  readonly log: Log;
  /** Workers without a port are looked for under `auto` and `settled`. */
  readyBy(): Config['ready'];
  ask(id: number): void;
  enqueue(event: Event): void;
}

/**
 * The end of a boot without a server, under `--ready auto`: a queue consumer lives, and will never listen. Its worker is asked
 * whether it holds any server, and if not it says `ready`. Under `--ready settled` it is also asked as soon as its app has
 * run for a short while. Once any worker of this supervisor has listened the app is one
 * that serves, and a boot without a server is a failed one: a reload must not take a slow or stuck boot for a ready worker.
 */
export interface Portless {
  /** A timer of the core has fired. False when it is none of a boot, or none that is asked here. */
  due(key: TimerKey): boolean;
  heard(from: { readonly id: number; readonly slot: number }, message: WorkerMessage): void;
  forget(id: number): void;
}

export function createPortless({ ports, log, readyBy, ask, enqueue }: PortlessParts): Portless {
  const asked = new Map<number, { readonly key: TimerKey; readonly cancel: () => void }>();
  const warned = new Set<Notice['about']>();
  let serves = false;
  const forget = (id: number) => {
    asked.get(id)?.cancel();
    asked.delete(id);
  };
  const refuse = (id: number) => {
    const one = asked.get(id);
    forget(id);
    if (one) enqueue({ type: 'timer', key: one.key });
  };
  const once = (about: Notice['about'], slot: number, text: string) => {
    if (warned.has(about)) return;
    warned.add(about);
    const { warn, info } = eventLog(log, about, { slot });
    const say = readyBy() === 'settled' ? info : warn;
    say(`worker ${slot}${text}`);
  };
  const isAsked = () => !serves && (readyBy() === 'auto' || readyBy() === 'settled');
  return {
    due: (key) => {
      if (!key.startsWith('boot:') || !isAsked()) return false;
      const id = Number(key.slice('boot:'.length));
      asked.set(id, { key, cancel: ports.timer(PATIENCE, () => refuse(id)) });
      ask(id);
      return true;
    },
    heard: ({ id, slot }, message) => {
      if (message.type === 'settled' && isAsked()) ask(id); // without a server it says `ready`; else its boot goes on
      if (message.type === 'holds-server') refuse(id);
      if (message.type === 'notice') {
        serves ||= message.about === 'late-server';
        once(message.about, slot, `: ${message.text}`);
      }
      if (message.type !== 'ready') return;
      forget(id);
      serves ||= message.how === 'listening';
      if (message.how === 'portless') once('portless', slot, ` ${readyBy() === 'settled' ? SETTLED : PORTLESS}`);
    },
    forget,
  };
}

const SETTLED = 'runs and has no server: it is taken as started';
const PORTLESS =
  'has no server after --boot-timeout, and is taken as started; with --ready started jobs and queue consumers are ready at once';
