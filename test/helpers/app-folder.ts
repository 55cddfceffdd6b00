import { cpSync, mkdirSync, mkdtempSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { root } from './run-node.js';

export interface AppFolder {
  /** A fixture of test/fixtures, copied here as `app.<ext>`. */
  readonly fixture: string;
  /** Package name in the app's node_modules -> package in ours: copied, so that it is a copy of its own. */
  readonly copies?: Readonly<Record<string, string>>;
  /** Packages linked to ours. */
  readonly links?: readonly string[];
  readonly packageJson?: object;
}

/** A folder as `npm install` would leave it; returns the script's path. */
export function appFolder({ fixture, copies = {}, links = [], packageJson = {} }: AppFolder): string {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'kf-app-')));
  writeFileSync(join(dir, 'package.json'), JSON.stringify({ name: 'shop', version: '3.2.1', ...packageJson }));
  for (const [name, ours] of Object.entries(copies)) {
    copyPackage(ours, join(dir, 'node_modules', name));
  }
  for (const name of links) {
    mkdirSync(dirname(join(dir, 'node_modules', name)), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), join(dir, 'node_modules', name));
  }
  const script = join(dir, `app.${fixture.split('.').at(-1)}`);
  cpSync(join(root, 'test/fixtures', fixture), script);
  return script;
}

/** What Node runs of a package of ours: without its types, maps and builds for bundlers, which are nine files of ten. */
export function copyPackage(ours: string, to: string): void {
  const isRun = (file: string) => !/\.(map|d\.[cm]?ts)$|[/\\](esm|esnext)$/.test(file);
  cpSync(join(root, 'node_modules', ours), to, { recursive: true, filter: isRun });
}
