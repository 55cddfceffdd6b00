import { displayWidth } from '../../src/cli/display-width.js';
import type { TerminalScreen } from './terminal-screen.js';

interface Palette {
  readonly paper: string;
  readonly border: string;
  readonly ink: string;
  readonly dim: string;
  readonly red: string;
  readonly green: string;
  readonly yellow: string;
  readonly cyan: string;
}

/** Those of GitHub's pages, on which they have enough contrast. */
export const PALETTES: Readonly<Record<'light' | 'dark', Palette>> = {
  light: {
    paper: '#f6f8fa',
    border: '#d1d9e0',
    ink: '#1f2328',
    dim: '#59636e',
    red: '#cf222e',
    green: '#116329',
    yellow: '#7d4e00',
    cyan: '#1b5e75',
  },
  dark: {
    paper: '#151b23',
    border: '#3d444d',
    ink: '#f0f6fc',
    dim: '#9198a1',
    red: '#ff7b72',
    green: '#7ee787',
    yellow: '#e3b341',
    cyan: '#76e3ea',
  },
};

const STYLES: Readonly<Record<number, keyof Palette>> = {
  0: 'ink',
  1: 'ink',
  31: 'red',
  32: 'green',
  33: 'yellow',
  36: 'cyan',
  90: 'dim',
};
const CELL = 8.4;
const LINE = 20;
const EDGE = 16;
const FONT = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace";

/** What a terminal shows, as text that can be searched and selected. @param title what a screen reader says of it */
export function terminalSvg(screen: TerminalScreen, title: string, palette: Palette): string {
  const lines = screen.lines();
  const width = Math.ceil(screen.width() * CELL + 2 * EDGE);
  const height = lines.length * LINE + 2 * EDGE;
  const texts = lines.map((line, row) => {
    let cells = 0;
    const runs = line.map(({ text, style }) => {
      const color = STYLES[style];
      if (color === undefined) throw new Error(`a rendition that has no colour here: ${style}`);
      const x = EDGE + cells * CELL;
      const own = displayWidth(text);
      cells += own;
      const weight = style === 1 ? ' font-weight="bold"' : '';
      // Each run is stretched over its cells: columns stand below each other in any font.
      const place = `x="${round(x)}" textLength="${round(own * CELL)}" lengthAdjust="spacingAndGlyphs"`;
      return text.trim() === '' ? '' : `<tspan ${place} fill="${palette[color]}"${weight}>${escaped(text)}</tspan>`;
    });
    return `<text y="${EDGE + row * LINE + 14}">${runs.join('')}</text>\n`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">
<title>${title}</title>
<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8" fill="${palette.paper}" stroke="${palette.border}"/>
<g font-family="${FONT}" font-size="14">
${texts.join('')}</g>
</svg>
`;
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** Spaces of the other kind: renderers of SVG do not agree on how a run of plain ones is kept. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll(' ', '\u00a0');
}
