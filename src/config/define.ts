import type { Hooks } from '../../hooks/types.js';
import type { Kind } from './kinds.js';
import type { OPTIONS } from './options.js';

type Row = (typeof OPTIONS)[number];

/** `boot-timeout` to `bootTimeout`, as fileKeyOf does at run time. */
type Camel<S extends string> = S extends `${infer Head}-${infer Tail}` ? `${Head}${Capitalize<Camel<Tail>>}` : S;

type Written<R extends Row> = R extends { choices: readonly (infer C)[] } ? C : WrittenKinds[R['kind']];

interface WrittenKinds extends Record<Kind, unknown> {
  boolean: boolean;
  'boolean-or-auto': boolean | 'auto';
  count: number;
  /** A text with its unit, such as `5s`; nothing is 0. */
  duration: string | 0;
  /** `100ms..30s` */
  backoff: string;
  /** A text such as `512MB`, or bytes. */
  size: string | number;
  /** `10%`, or a number of per cent. */
  percent: string | number;
  port: number;
  text: string | number;
  path: string;
  paths: string | readonly string[];
  list: string | readonly string[];
  codes: string | number | readonly (string | number)[];
  args: string | readonly string[];
  workers: number | 'max' | 'auto';
}

/** The options of a config file, by key; see docs/CONFIGURATION.md. */
export type UserOptions = {
  readonly [R in Row as R extends { file: false } ? never : Camel<R['name']>]?: Written<R>;
} & {
  /** Variables for the workers; those already set in the environment win. */
  readonly env?: Readonly<Record<string, string>>;
};

/** Everything a config file may export. */
export type UserConfig = UserOptions & Hooks;

/** Gives a config file its types: `export default defineConfig({ workers: 4 })`. Returns what it is given. */
export function defineConfig<C extends UserConfig | (() => UserConfig | Promise<UserConfig>)>(config: C): C {
  return config;
}
