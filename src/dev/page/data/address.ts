import { signal } from '@preact/signals';
import { VIEWS, type ViewName } from '../views.js';

/** Where the page is: kept in the fragment, which no request carries: `#TOKEN/view/id?q=filter`. */
interface Address {
  readonly view: ViewName;
  readonly id?: string;
  readonly filter: string;
}

const parse = (fragment: string) => {
  const [, token = '', path = '', q = ''] = /^#?([\w-]*)\/?([^?]*)(?:\?(.*))?$/s.exec(fragment) ?? [];
  const [name, id] = path.split('/');
  const view = VIEWS.find((one) => one.name === name)?.name ?? 'now';
  const filter = new URLSearchParams(q).get('q') ?? '';
  return { token, address: { view, filter, ...(id && { id: decoded(id) }) } satisfies Address };
};

const first = parse(location.hash);
/** Of this run of the helper; empty where the page was opened without it. */
export const token = first.token;
export const address = signal<Address>(first.address);

addEventListener('hashchange', () => {
  const next = parse(location.hash);
  // Another token is another run: nothing of the old one is kept.
  if (next.token !== token) location.reload();
  else address.value = next.address;
});

export function hrefOf({ view, id, filter = '' }: Partial<Address> & { readonly view: ViewName }): string {
  const path = id === undefined ? view : `${view}/${encodeURIComponent(id)}`;
  return `#${token}/${path}${filter === '' ? '' : `?${new URLSearchParams({ q: filter })}`}`;
}

export function go(to: Partial<Address> & { readonly view: ViewName }): void {
  location.hash = hrefOf(to);
}

/** Like `go`, without an entry in the history: for what is typed. */
export function replace(to: Partial<Address> & { readonly view: ViewName }): void {
  history.replaceState(null, '', hrefOf(to));
  address.value = parse(location.hash).address;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
