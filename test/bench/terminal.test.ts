import { existsSync, readdirSync, readFileSync } from 'node:fs';
import test from 'ava';
import { TerminalScreen } from '../../bench/lib/terminal-screen.js';
import { PALETTES, terminalSvg } from '../../bench/lib/terminal-svg.js';

const texts = (screen: TerminalScreen) => screen.lines().map((line) => line.map(({ text }) => text).join(''));

test('a screen shows what is left after lines were drawn over', (t) => {
  const screen = new TerminalScreen(10);
  screen.prompt('reload');
  screen.write('\u001b[2Kslot 0\r\n');
  screen.write('\u001b[1A\u001b[2Kslot 0: ok\r\n');
  t.deepEqual(texts(screen), ['$ reload', 'slot 0: ok']);
  screen.prompt('top');
  screen.write('\u001b[H\u001b[2Jone\r\ntwo\r\n\u001b[H\u001b[2Jthree\r\n');
  t.deepEqual(texts(screen).slice(2), ['', '$ top', 'three']);
});

test('a screen wraps what is too long, and does not guess what a sequence means', (t) => {
  const screen = new TerminalScreen(4);
  screen.write('abcdef\n商店x');
  t.deepEqual(texts(screen), ['abcd', 'ef', '商店', 'x']);
  t.throws(() => screen.write('\u001b[5n'), { message: /does not know: ESC \[ 5 n/ });
});

test('the picture has the text in its colour, at its cell', (t) => {
  const screen = new TerminalScreen(80);
  screen.write('a \u001b[32m<ready>\u001b[0m');
  const svg = terminalSvg(screen, 'title', PALETTES.dark);
  t.regex(svg, /<tspan x="32.8" textLength="58.8" [^>]*fill="#7ee787">&lt;ready&gt;<\/tspan>/);
});

test('each picture that README and docs name is there, light and dark', (t) => {
  const pages = [
    'README.md',
    ...readdirSync('docs')
      .filter((name) => name.endsWith('.md'))
      .map((name) => `docs/${name}`),
  ];
  const named = pages.flatMap((page) => [
    ...readFileSync(page, 'utf8').matchAll(/images\/([\w-]+)-(?:light|dark)\.(\w+)/g),
  ]);
  t.true(named.length > 5);
  for (const [, name, kind] of named) {
    for (const scheme of ['light', 'dark']) t.true(existsSync(`docs/images/${name}-${scheme}.${kind}`), name);
  }
});
