import { readdirSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { readApps } from '../../platforms/pm2/ecosystem/ecosystem-file.js';
import { readPlainFile } from '../../system/plain-file.js';
import { readJson } from '../../telemetry/app-package.js';
import { readCompose } from './compose.js';
import { readDockerfile } from './dockerfile.js';
import { readEcosystemApps } from './ecosystem.js';
import { readConfigMap, readKubernetes } from './kubernetes.js';
import { readProcfile, readScripts } from './scripts.js';
import { readUnit } from './systemd.js';
import type { Deployments, PlainSettings, Workload } from './workload.js';

/** Directories that hold no deployment of the project's own, or too many files to look through. */
const SKIPPED = new Set('node_modules dist build out coverage vendor test tests'.split(' '));
const DEEPEST = 4;
const MOST_FILES = 300;

/**
 * What the files of a project start, read from what is beside its package.json and below. A file that is not well-formed is
 * left to the tool that it is for.
 */
export async function readDeployments(dir: string): Promise<Deployments> {
  const workloads: Workload[] = [];
  const settings: PlainSettings[] = [];
  for (const path of filesBelow(dir)) {
    const file = relative(dir, path);
    const name = basename(file);
    if (/^(Dockerfile|Containerfile)(\..+)?$|\.Dockerfile$/.test(name))
      workloads.push(readDockerfile(file, readPlainFile(path)));
    else if (name === 'Procfile') workloads.push(...readProcfile(file, readPlainFile(path)));
    else if (name.endsWith('.service')) workloads.push(...readUnit(file, readPlainFile(path)));
    else if (/^ecosystem(\..+)?\.(js|cjs|mjs|json|ya?ml)$/.test(name))
      workloads.push(...(await ecosystemIn(path, file)));
    else if (/\.ya?ml$/.test(name)) {
      for (const document of await documentsIn(path)) {
        workloads.push(...readCompose(file, document), ...readKubernetes(file, document));
        settings.push(...readConfigMap(file, document));
      }
    }
  }
  workloads.push(...readScripts('package.json', readJson(join(dir, 'package.json')) ?? {}));
  return { workloads, settings };
}

async function ecosystemIn(path: string, file: string): Promise<Workload[]> {
  try {
    return readEcosystemApps(file, await readApps(path));
  } catch {
    return []; // `kf-cluster config FILE` says what is wrong with it
  }
}

async function documentsIn(path: string): Promise<readonly unknown[]> {
  try {
    return (await import('js-yaml')).loadAll(readPlainFile(path));
  } catch {
    return []; // a template of Helm, or not for us
  }
}

function filesBelow(dir: string, depth = 0): string[] {
  const entries = readdirSync(dir, { withFileTypes: true });
  const files = entries.filter((one) => one.isFile()).map((one) => join(dir, one.name));
  const inner = entries
    .filter((one) => depth < DEEPEST && one.isDirectory() && !SKIPPED.has(one.name) && !one.name.startsWith('.'))
    .flatMap((one) => filesBelow(join(dir, one.name), depth + 1));
  return [...files, ...inner].slice(0, MOST_FILES);
}
