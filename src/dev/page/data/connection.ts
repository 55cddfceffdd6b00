import { effect, signal } from '@preact/signals';
import { VIEWS } from '../views.js';
import { address, token } from './address.js';
import type { Session } from './contract.js';
import { helperSource } from './helper-source.js';
import { sessionSource } from './session-source.js';
import { type Follow, type Source, SourceError } from './source.js';
import { forgetRows, marks, take } from './state.js';

export type Connection =
  | { readonly state: 'connecting' }
  | { readonly state: 'live' }
  | { readonly state: 'session' }
  | { readonly state: 'away'; readonly attempt: number }
  | { readonly state: 'refused' }
  | { readonly state: 'failed'; readonly message: string };

export const connection = signal<Connection>({ state: 'connecting' });
export const source: Source = sourceOf(document.getElementById('session'));

const RETRY_MS = [250, 500, 1000, 2000, 3000];

/** Follows the topic of the open view for as long as the page is there. */
export function connect(): void {
  let stop: (() => void) | undefined;
  let last = '';
  effect(() => {
    const { view, filter } = address.value;
    const { topic, filtered } = VIEWS.find(({ name }) => name === view) ?? VIEWS[0];
    const request = { topic, filter: filtered ? filter : '' };
    if (last === JSON.stringify(request)) return;
    last = JSON.stringify(request);
    stop?.();
    const controller = new AbortController();
    stop = () => controller.abort();
    forgetRows();
    void keepFollowing(request, controller.signal);
    if (view === 'metrics') void keepMarks(controller.signal);
  });
}

async function keepFollowing(request: Follow, signal: AbortSignal): Promise<void> {
  let attempt = 0;
  while (!signal.aborted) {
    const onMessage: typeof take = (message) => {
      if (signal.aborted) return;
      attempt = 0;
      connection.value = { state: source.live ? 'live' : 'session' };
      take(message);
    };
    try {
      await source.follow(request, onMessage, signal);
    } catch (cause) {
      if (signal.aborted) return;
      attempt += 1;
      connection.value = lost(cause, attempt);
      if (connection.value.state === 'refused') return;
    }
    await pause(RETRY_MS[Math.min(attempt, RETRY_MS.length) - 1] ?? 0, signal);
  }
}

const MARKS_EVERY_MS = 15_000;

/** The charts of a view whose topic has no marks. One message of the topic that has them is enough. */
async function keepMarks(signal: AbortSignal): Promise<void> {
  while (!signal.aborted && source.live) {
    const once = new AbortController();
    const end = () => once.abort();
    signal.addEventListener('abort', end);
    const onMessage: typeof take = (message) => {
      if (message.type !== 'now') return;
      marks.value = message.now.marks;
      end();
    };
    // That nobody answers is shown by the connection of the view itself.
    await source.follow({ topic: 'now', filter: '' }, onMessage, once.signal).catch(end);
    signal.removeEventListener('abort', end);
    await pause(MARKS_EVERY_MS, signal);
  }
}

function lost(cause: unknown, attempt: number): Connection {
  const kind = cause instanceof SourceError ? cause.kind : 'failed';
  if (kind === 'refused') return { state: 'refused' };
  if (kind === 'away') return { state: 'away', attempt };
  return { state: 'failed', message: cause instanceof Error ? cause.message : String(cause) };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function sourceOf(session: HTMLElement | null): Source {
  return session === null ? helperSource(token) : sessionSource(JSON.parse(session.textContent ?? '') as Session);
}
