import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Attributes, AttributeValue } from '@opentelemetry/api';
import type { Log } from '../contract/log.js';
import { isRecord } from '../contract/record-guard.js';
import { codeOf, messageOf } from '../contract/system-error.js';
import { entriesOf } from '../contract/table-keys.js';
import { type Env, read } from '../otel-env/read-variable.js';

/** Milliseconds that a boot waits for detectors: those of a cloud ask a server that is there in that cloud alone. */
const MOST_MS = 2_000;

/** Where the detectors that we have not ourselves are found, by their names in OTEL_NODE_RESOURCE_DETECTORS. */
const PACKAGES = {
  container: '@opentelemetry/resource-detector-container',
  aws: '@opentelemetry/resource-detector-aws',
  gcp: '@opentelemetry/resource-detector-gcp',
  azure: '@opentelemetry/resource-detector-azure',
  alibaba: '@opentelemetry/resource-detector-alibaba-cloud',
};

/** Of SDK 2.x, whose values may be promises, and of 1.x, which is waited for as a whole. */
interface Detected {
  readonly attributes?: Readonly<Record<string, AttributeValue | undefined | Promise<AttributeValue | undefined>>>;
  waitForAsyncAttributes?(): Promise<void>;
}

interface Detector {
  detect(config?: object): Detected | Promise<Detected>;
}

/**
 * What the detectors of packages say that OTEL_NODE_RESOURCE_DETECTORS names and the app, or one of these directories, has:
 * `container`, `aws`, `gcp`, `azure`, `alibaba`. Nothing where it is unset. One that is named and not there is warned of; so is
 * one that does not answer in 2 s. A container shows its id without a package too.
 */
export async function detectAttributes(dirs: readonly string[], env: Env, log: Log): Promise<Attributes> {
  const asked = read(env, 'OTEL_NODE_RESOURCE_DETECTORS') ?? [];
  const all = asked.includes('all');
  const wanted = entriesOf(PACKAGES).filter(([name]) => all || asked.includes(name));
  if (asked.includes('none')) return {};
  const found = await Promise.all(
    wanted.map(async ([name, from]): Promise<Attributes> => {
      const detectors = detectorsOf(from, dirs, log);
      const own = name === 'container' ? containerId() : {};
      if (detectors === undefined && !all && name !== 'container') {
        log.warn('resource detector not found', { detector: name, fix: `npm i ${from}` });
      }
      return { ...own, ...(await answers(name, detectors ?? [], log)) };
    }),
  );
  return Object.assign({}, ...found);
}

/** None of a package that is broken: an app must not fail to start for what describes it. */
function detectorsOf(name: string, dirs: readonly string[], log: Log): Detector[] | undefined {
  for (const dir of dirs) {
    try {
      const exports = createRequire(join(dir, 'package.json'))(name) as Readonly<Record<string, unknown>>;
      return Object.values(exports).filter(isDetector);
    } catch (error) {
      if (codeOf(error) === 'MODULE_NOT_FOUND') continue;
      log.warn('resource detector cannot be loaded', {
        package: name,
        why: firstLine(error),
        fix: `npm i ${name}@latest`,
      });
      return [];
    }
  }
  return undefined;
}

const firstLine = (error: unknown) => messageOf(error).split('\n')[0];

const isDetector = (value: unknown): value is Detector => isRecord(value) && typeof value.detect === 'function';

async function answers(name: string, detectors: readonly Detector[], log: Log): Promise<Attributes> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(resolve, MOST_MS, 'late');
  });
  const known: Attributes = {};
  const work = Promise.all(detectors.map((detector) => detect(detector, known)));
  const why = await Promise.race([work.then(() => undefined), late]).catch((error: unknown) => String(error));
  clearTimeout(timer);
  // One that answers later must not write into a resource that is in use.
  if (why !== undefined) {
    log.warn('resource detector gave no answer', { detector: name, why: why === 'late' ? `${MOST_MS} ms` : why });
  }
  return { ...known };
}

async function detect(detector: Detector, into: Attributes): Promise<void> {
  const detected = await detector.detect({});
  await detected.waitForAsyncAttributes?.();
  for (const [key, value] of Object.entries(detected.attributes ?? {})) {
    const settled = await value;
    if (settled !== undefined && settled !== '') into[key] = settled;
  }
}

/** By cgroup v1, or by what is mounted into a container of cgroup v2. */
function containerId(): Attributes {
  for (const [file, pattern] of [
    ['/proc/self/cgroup', /\b([0-9a-f]{64})\b/],
    ['/proc/self/mountinfo', /\/containers\/([0-9a-f]{64})\//],
  ] as const) {
    const id = pattern.exec(textOf(file))?.[1];
    if (id !== undefined) return { 'container.id': id };
  }
  return {};
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // no Linux
  }
}
