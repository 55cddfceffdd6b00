import { writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import { createLog } from '../../contract/log.js';
import { messageOf } from '../../contract/system-error.js';
import { hookImports } from '../../telemetry/third-party.js';
import { resolvePackage } from '../app/graph.js';
import type { ProbedInstrumentation, ProbedModule, ProbeTask } from './instrumentation-probe.js';

interface Definition {
  readonly name: string;
  readonly supportedVersions: readonly string[];
  readonly files?: readonly { readonly supportedVersions: readonly string[] }[];
  /** Set by the hook when the module is loaded. */
  readonly moduleVersion?: string;
}

interface Patchable {
  getModuleDefinitions?(): readonly Definition[];
  disable(): void;
}

let text = '';
for await (const chunk of process.stdin) text += chunk;
const task = JSON.parse(text) as ProbeTask;
const fromApp = createRequire(join(task.dir, 'package.json'));
const quiet = createLog({ format: 'json', level: 'silent', sink: () => undefined, label: '' });
for (const name of task.packages) writeSync(3, `${JSON.stringify(await probe(name))}\n`);
process.exit(0); // whatever they have opened

async function probe(name: string): Promise<ProbedInstrumentation> {
  try {
    const made = classesIn(fromApp(name)).map((Class) => new Class({}) as Instrumentation & Patchable);
    if (task.imports) await hookImports(fromApp.resolve(name), quiet);
    const definitions = made.flatMap((one) => one.getModuleDefinitions?.() ?? []);
    const names = [...new Set(definitions.map((one) => one.name))].filter((one) => !one.startsWith('node:'));
    const modules: ProbedModule[] = [];
    for (const one of names)
      modules.push(
        await look(
          one,
          definitions.filter(({ name: own }) => own === one),
        ),
      );
    return { package: name, modules, error: undefined };
  } catch (error) {
    const [line] = messageOf(error).split('\n');
    return { package: name, modules: [], error: line };
  }
}

async function look(name: string, definitions: readonly Definition[]): Promise<ProbedModule> {
  const ranges = [
    ...new Set(
      definitions.flatMap((one) => [
        ...one.supportedVersions,
        ...(one.files ?? []).flatMap((file) => file.supportedVersions),
      ]),
    ),
  ];
  const version = resolvePackage(task.dir, name)?.version;
  const seen = version !== undefined && task.imports ? await isSeen(name, definitions) : undefined;
  return { name, ranges, version, seen };
}

/** Undefined for a module that cannot be imported here: that says nothing of the hook. */
async function isSeen(name: string, definitions: readonly Definition[]): Promise<boolean | undefined> {
  try {
    await import(pathToFileURL(fromApp.resolve(name)).href);
  } catch {
    return undefined;
  }
  return definitions.some(({ moduleVersion }) => moduleVersion !== undefined);
}

type Constructor = new (config: object) => unknown;

function classesIn(exports: Record<string, unknown>): Constructor[] {
  return Object.entries(exports).flatMap(([key, value]) =>
    /Instrumentation$/.test(key) && typeof value === 'function' ? [value as Constructor] : [],
  );
}
