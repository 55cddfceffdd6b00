import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type ErrorCode, KfError } from '../contract/errors.js';
import { BUNDLED, workerFile } from '../system/held-files.js';
import { nodeBinary } from '../system/node-binary.js';
import { type LoadInput, loadConfig } from './load-options.js';
import type { Config } from './types.js';

/** How long a config file may take to load, in milliseconds. */
const PATIENCE = 30_000;

/** What was read, and from which file. */
interface Read {
  readonly config: Config;
  readonly configFile: string | undefined;
  readonly warnings: readonly string[];
}

/** What the reading process answers. */
export type ReaderAnswer =
  | Read
  | { readonly error: { readonly code: ErrorCode; readonly what: string; readonly why: string; readonly fix: string } };

/** Reads the configuration of one supervisor, as often as it is reloaded. */
export interface ConfigReader {
  /** @throws KfError as loadConfig does. */
  read(): Promise<Read>;
}

/**
 * A module is loaded once per process, and so are the modules it imports: from the second time on, a config file that
 * is a program is run in a process of its own, which also leaves nothing of it behind in the primary.
 */
export function createConfigReader(input: LoadInput): ConfigReader {
  let loaded: string | undefined;
  return {
    read: async () => {
      const read = isProgram(loaded) ? await readApart(input) : await readHere(input);
      if (isProgram(read.configFile)) loaded = read.configFile;
      return read;
    },
  };
}

async function readHere(input: LoadInput): Promise<Read> {
  const { config, loaded } = await loadConfig(input);
  return { config, configFile: loaded.configFile, warnings: loaded.warnings };
}

function isProgram(file: string | undefined): boolean {
  return file !== undefined && !file.endsWith('.json');
}

const readerFile = () => (BUNDLED ? workerFile('reader.js') : join(import.meta.dirname, './reader-process.js'));

function readApart(input: LoadInput): Promise<Read> {
  const { inlineHooks = {}, ...sent } = input;
  const reader = fork(readerFile(), [], {
    execPath: nodeBinary(),
    cwd: existsSync(input.cwd) ? input.cwd : '/',
    // The inspector's port belongs to the primary.
    execArgv: process.execArgv.filter((arg) => !arg.startsWith('--inspect')),
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    serialization: 'advanced',
    timeout: PATIENCE,
  });
  return new Promise((resolve, reject) => {
    reader.once('message', (answer: ReaderAnswer) => {
      if ('error' in answer) reject(fromAnswer(answer.error));
      else resolve({ ...answer, config: { ...answer.config, inlineHooks } });
    });
    reader.once('error', (error) => reject(unread(error.message)));
    reader.once('exit', (code, signal) => reject(unread(`it ended with ${signal ?? `code ${code}`}`)));
    reader.send(sent);
  });
}

function fromAnswer({ code, what, why, fix }: Extract<ReaderAnswer, { error: unknown }>['error']): KfError {
  return new KfError(code, what, why, { fix });
}

function unread(why: string): KfError {
  return new KfError('CONFIG_UNREADABLE', 'the configuration was not read', why);
}
