import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { Raw } from '../../src/config/kinds.js';
import { examine } from '../../src/diagnose/doctor.js';
import type { Machine } from '../../src/diagnose/machine.js';
import type { Report } from '../../src/diagnose/render.js';
import { root } from '../helpers/run-node.js';

/** A set-up as a few files. What it does not say is that of a healthy app. */
export interface SetUp {
  /** Path to content; an object is written as JSON. */
  readonly files?: Readonly<Record<string, string | object>>;
  /** Modes of files, octal. */
  readonly modes?: Readonly<Record<string, number>>;
  /** Packages of ours that are linked into its node_modules. */
  readonly links?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly flags?: Readonly<Record<string, Raw>>;
  readonly script?: string;
  readonly machine?: Partial<Machine>;
}

const HEALTHY: Readonly<Record<string, string | object>> = {
  'package.json': { name: 'shop', version: '1.2.3' },
  'app.js': "require('node:http').createServer((_, res) => res.end('ok')).listen(8080);\n",
};

const MACHINE: Machine = {
  readText: () => undefined,
  parallelism: 4,
  memory: 8e9,
  hostname: 'build-host',
  node: '24.1.0',
  isContainer: false,
};

/** Writes it into a folder that goes with the test. */
export function write(t: ExecutionContext, { files = {}, modes = {}, links = [] }: SetUp): string {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'kf-doctor-')));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  for (const [path, content] of Object.entries({ ...HEALTHY, ...files })) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), typeof content === 'string' ? content : JSON.stringify(content), { mode: 0o600 });
  }
  for (const [path, mode] of Object.entries(modes)) chmodSync(join(dir, path), mode);
  for (const name of links) {
    mkdirSync(dirname(join(dir, 'node_modules', name)), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), join(dir, 'node_modules', name));
  }
  return dir;
}

/** What doctor says of it, without asking anybody. `DIR` in the environment and the flags is its folder. */
export async function doctor(t: ExecutionContext, setUp: SetUp): Promise<{ report: Report; dir: string }> {
  const dir = write(t, setUp);
  const place = (text: string) => text.replaceAll('DIR', dir);
  const env = Object.fromEntries(Object.entries(setUp.env ?? {}).map(([name, value]) => [name, place(value)]));
  const flags = Object.fromEntries(
    Object.entries(setUp.flags ?? {}).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.map((one) => place(String(one))) : typeof value === 'string' ? place(value) : value,
    ]),
  );
  const { report } = await examine(
    {
      script: setUp.script ?? 'app.js',
      args: [],
      flags,
      environment: { PATH: process.env.PATH, HOME: join(dir, 'home'), ...env },
      cwd: dir,
    },
    { offline: true, machine: { ...MACHINE, ...setUp.machine } },
  );
  return { report, dir };
}

/** The ids that it found, each once. */
export function idsOf({ findings }: Report): string[] {
  return [...new Set(findings.map(({ id }) => id))].sort();
}

/** Files of an installed package. */
export function installed(name: string, version: string, more: object = {}, at = ''): Record<string, string | object> {
  const dir = `${at}node_modules/${name}`;
  return { [`${dir}/package.json`]: { name, version, ...more }, [`${dir}/index.js`]: 'module.exports = {};\n' };
}

/** A package.json with these dependencies. */
export function depends(dependencies: Record<string, string>, more: object = {}): Record<string, object> {
  return { 'package.json': { name: 'shop', version: '1.2.3', dependencies, ...more } };
}
