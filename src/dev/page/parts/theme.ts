import { effect, signal } from '@preact/signals';

type Theme = 'system' | 'light' | 'dark';
const THEMES: readonly Theme[] = ['system', 'light', 'dark'];
const KEY = 'kf-cluster-theme';

export const theme = signal<Theme>(stored());
/** Grows when colours change: what is painted on a canvas depends on it. */
export const paints = signal(0);

const systemDark = matchMedia('(prefers-color-scheme: dark)');
systemDark.addEventListener('change', repaint);

export function startTheme(): void {
  effect(() => {
    document.documentElement.dataset.theme = theme.value;
    store(theme.value);
    repaint();
  });
}

export function nextTheme(): void {
  theme.value = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length] ?? 'system';
}

const resolved = new Map<string, string>();

/** What a custom property of the style sheet is as a colour now, for canvases. */
export function color(property: string): string {
  const known = resolved.get(property);
  if (known !== undefined) return known;
  const probe = document.createElement('i');
  probe.style.color = `var(${property})`;
  document.body.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  resolved.set(property, value);
  return value;
}

/** Colours of series: of workers by their slot, of services by their order. */
const SERIES_COLORS = 8;
export const seriesColor = (index: number): string => `--series-${Math.max(0, index) % SERIES_COLORS}`;

function repaint(): void {
  resolved.clear();
  paints.value = paints.peek() + 1;
}

// A browser that keeps nothing for this page throws at the mere look.
function stored(): Theme {
  try {
    return THEMES.find((name) => name === localStorage.getItem(KEY)) ?? 'system';
  } catch {
    return 'system';
  }
}

function store(name: Theme): void {
  try {
    localStorage.setItem(KEY, name);
  } catch {
    return; // the choice holds until the page is closed
  }
}
