import { join } from 'node:path';
import { build } from 'esbuild';
import type { Source } from '../../../src/dev/page/data/source.js';
import type { MetricSeries, MetricView, StreamMessage } from '../../../src/dev/page-api.js';
import { root } from '../../helpers/run-node.js';

/*
 * What of the page needs no document but asks the browser for a few things when it is loaded: its address, what it has stored,
 * whether it is shown. The requests are real ones, to a real server of the page.
 */
export const listeners = new Map<string, () => void>();
export const stored = new Map<string, string>();
export const location = {
  hash: '#tok-en_1/traces/a%20b?q=dur%3E5ms',
  reloads: 0,
  reload: () => (location.reloads += 1),
};
Object.assign(globalThis, {
  location,
  document: { hidden: true, documentElement: { dataset: {} } },
  addEventListener: (name: string, listener: () => void) => void listeners.set(name, listener),
  history: {
    replaceState: (_state: unknown, _title: string, hash: string) => {
      location.hash = hash;
    },
  },
  localStorage: {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => void stored.set(key, value),
  },
  matchMedia: () => ({ addEventListener: (name: string, listener: () => void) => void listeners.set(name, listener) }),
});
stored.set('kf-cluster-theme', 'dark');
const { fetch } = globalThis;
/** Where the requests of the page go that begin with a slash. */
export const server = { base: '' };
globalThis.fetch = (path, init) =>
  fetch(typeof path === 'string' && path.startsWith('/') ? `${server.base}${path}` : path, init);

/** These modules are typed against a browser: they are bundled as the page is, and what they give is typed here. */
interface PageModules {
  readonly token: string;
  readonly address: { readonly value: Address };
  readonly hrefOf: (to: Partial<Address>) => string;
  readonly go: (to: Partial<Address>) => void;
  readonly replace: (to: Partial<Address>) => void;
  readonly helperSource: (token: string) => Source;
  readonly state: Readonly<
    Record<'traces' | 'logs' | 'lints' | 'now' | 'marks' | 'refusal', { readonly value: unknown }>
  > & {
    readonly take: (message: StreamMessage) => void;
  };
  readonly linesOf: (view: MetricView, perWorker: boolean) => Lines;
  readonly addBuckets: (series: readonly MetricSeries[]) => unknown;
  readonly Histogram: (shown: Buckets) => {
    readonly props: { readonly title?: string; readonly children: string | readonly Bar[] };
  };
  readonly theme: { readonly value: string };
  readonly startTheme: () => void;
  readonly nextTheme: () => void;
  readonly seriesColor: (index: number) => string;
}
interface Address {
  readonly view: string;
  readonly id?: string;
  readonly filter: string;
}
interface Buckets {
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
  readonly format: (bound: number) => string;
}
interface Bar {
  readonly props: { readonly style: { readonly height: string } };
}
interface Lines {
  readonly times: readonly number[];
  readonly series: readonly { readonly label: string; readonly values: readonly (number | null)[] }[];
}

const { outputFiles } = await build({
  stdin: {
    contents: `export * from './data/address.ts';
export { helperSource } from './data/helper-source.ts';
export * as state from './data/state.ts';
export { linesOf, addBuckets } from './views/metric-series.ts';
export { Histogram } from './parts/histogram.tsx';
export * from './parts/theme.ts';`,
    resolveDir: join(root, 'src/dev/page'),
  },
  ...{ bundle: true, format: 'esm', platform: 'browser', write: false },
});
export const page: PageModules = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0]?.text ?? '')}`);
