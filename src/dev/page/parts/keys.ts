import { go } from '../data/address.js';
import { VIEWS } from '../views.js';
import { nextTheme } from './theme.js';

export interface Key {
  /** As `KeyboardEvent.key` has it. */
  readonly keys: readonly string[];
  readonly what: string;
  run(event: KeyboardEvent): void;
}

const openViewKeys = new Set<readonly Key[]>();

/** Keys of the open view; returns how to take them back. They come before the keys of every view. */
export function bind(keys: readonly Key[]): () => void {
  openViewKeys.add(keys);
  return () => void openViewKeys.delete(keys);
}

const EVERYWHERE: readonly Key[] = [
  ...VIEWS.map(({ name, title }, at) => ({ keys: [String(at + 1)], what: title, run: () => go({ view: name }) })),
  { keys: ['j', 'ArrowDown'], what: 'next row', run: (event) => step(event, 1) },
  { keys: ['k', 'ArrowUp'], what: 'row before', run: (event) => step(event, -1) },
  { keys: ['/'], what: 'filter', run: (event) => focusFilter(event) },
  { keys: ['t'], what: 'light, dark or as the system', run: nextTheme },
  { keys: ['?'], what: 'these keys', run: () => openHelp() },
];

/** What the help lists: keys of the open view first. */
export const allKeys = (): readonly Key[] => [...[...openViewKeys].flat(), ...EVERYWHERE];

export function startKeys(): void {
  addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (document.querySelector('dialog[open]')) return;
    allKeys()
      .find(({ keys }) => keys.includes(event.key))
      ?.run(event);
  });
}

export function openHelp(): void {
  const dialog = document.querySelector('dialog');
  if (dialog instanceof HTMLDialogElement) dialog.showModal();
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.matches('textarea, select') || (target instanceof HTMLInputElement && target.type !== 'checkbox');
}

/** Rows are links and buttons marked `data-row`: Enter does what a click does. */
function step(event: KeyboardEvent, by: number): void {
  const rows = [...document.querySelectorAll<HTMLElement>('main [data-row]')];
  const { activeElement } = document;
  const at = activeElement instanceof HTMLElement ? rows.indexOf(activeElement) : -1;
  const next = rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : at + by];
  if (next === undefined) return;
  event.preventDefault();
  next.focus();
}

function focusFilter(event: KeyboardEvent): void {
  const box = document.querySelector<HTMLInputElement>('input[type=search]');
  if (box === null) return;
  event.preventDefault();
  box.focus();
  box.select();
}
