import test from 'ava';
import picomatch from 'picomatch';
import { ignoreRule } from '../../src/run/watch-ignore.js';

const settings = { logFile: '/w/app.log', pidfile: '/w/app.pid', spoolDir: '/w/spool' };

function ignored(paths: readonly string[], watchIgnore?: readonly string[], roots: readonly string[] = ['/w']) {
  const rule = ignoreRule({ cwd: '/w', watchIgnore, ...settings }, roots, picomatch);
  return paths.filter(rule);
}

test('node_modules, dotfiles and our own files are left alone', (t) => {
  const own = [
    '/w/node_modules/x/i.js',
    '/w/.git',
    '/w/src/.swp',
    '/w/app.log',
    '/w/app.log.1',
    '/w/app.pid',
    '/w/spool/1',
  ];
  t.deepEqual(ignored([...own, '/w', '/w/src', '/w/src/app.js', '/w/pid']), own);
});

test('what is watched may itself lie under a dot or in node_modules', (t) => {
  const roots = ['/w', '/x/.app', '/w/node_modules/own'];
  t.deepEqual(ignored(['/x/.app', '/x/.app/a.js', '/w/node_modules/own/a.js'], undefined, roots), []);
  t.deepEqual(ignored(['/x/.app/.git'], undefined, roots), ['/x/.app/.git']);
});

for (const [pattern, yes, no] of [
  ['logs', ['/w/logs', '/w/src/logs'], ['/w/logs.js']],
  ['*.log', ['/w/a.log', '/w/deep/a.log'], ['/w/a.logs']],
  ['./public/', ['/w/public', '/w/src/public'], ['/w/publics']],
  ['data/**', ['/w/data/x', '/w/data/x/y'], ['/w/src/data/x']],
  ['/w/out.txt', ['/w/out.txt'], ['/w/src/out.txt']],
  ['*.{md,txt}', ['/w/a.md', '/w/b/c.txt'], ['/w/a.mdx']],
] as const) {
  test(`the pattern ${pattern}`, (t) => {
    t.deepEqual(ignored([...yes, ...no], [pattern]), [...yes]);
  });
}
