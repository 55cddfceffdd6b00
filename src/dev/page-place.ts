import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from '../contract/log.js';
import { isRecord } from '../contract/record-guard.js';
import { isSystemError, messageOf } from '../contract/system-error.js';
import { controlPlace, prepareDir } from '../control/control-dir.js';
import { distrustOfPrivate } from '../system/trusted-dir.js';

/** A run of `dev` that has a page. */
interface PagePlace {
  readonly pid: number;
  readonly app: string;
  /** With the token. */
  readonly url: string;
  readonly startedAt: number;
}

const NAME = /^dev-(\d+)\.page$/;

/**
 * Writes the address where `kf-cluster mcp` of the same user finds it: the file is private, as its directory is. Returns what
 * takes it away. Where there is no such place the page works all the same.
 */
export function publishPage(place: PagePlace, log: Log, env: NodeJS.ProcessEnv = process.env): () => void {
  const { dir, why } = controlPlace(env);
  const problem = dir === undefined ? why : prepareDir(dir);
  if (dir === undefined || problem !== undefined) {
    log.debug('kf-cluster mcp will not find this page', { why: problem });
    return () => undefined;
  }
  const file = join(dir, `dev-${place.pid}.page`);
  try {
    rmSync(file, { force: true });
    writeFileSync(file, JSON.stringify(place), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    log.debug('kf-cluster mcp will not find this page', { why: messageOf(error) });
  }
  return () => {
    try {
      rmSync(file, { force: true });
    } catch (error) {
      log.debug('the address of the page could not be removed', { why: messageOf(error) });
    }
  };
}

/** The runs of this user that are alive, newest last. */
export function findPages(env: NodeJS.ProcessEnv = process.env): PagePlace[] {
  const { dir } = controlPlace(env);
  try {
    if (dir === undefined || distrustOfPrivate(dir) !== undefined) return [];
    return readdirSync(dir)
      .filter((name) => NAME.test(name))
      .flatMap((name) => readPlace(join(dir, name)) ?? [])
      .filter(({ pid }) => isAlive(pid))
      .sort((a, b) => a.startedAt - b.startedAt);
  } catch (error) {
    if (isSystemError(error) && error.code === 'ENOENT') return [];
    throw error;
  }
}

function isPlace(value: unknown): value is PagePlace {
  if (!isRecord(value)) return false;
  const { pid, app, url, startedAt } = value;
  return [pid, startedAt].every(Number.isFinite) && [app, url].every((text) => typeof text === 'string');
}

/** Undefined for one that has just gone, or that another version has written in another way. */
function readPlace(file: string): PagePlace | undefined {
  try {
    const place: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return isPlace(place) ? place : undefined;
  } catch {
    return undefined; // it is being written, or was taken away
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
