/** What a program needs beside the library. */
export type ServerName = 'redis' | 'postgres' | 'mariadb' | 'rabbitmq' | 'memcached';

/** The part of a program that uses the library. */
export interface Use {
  /** Binding of a default import, or names in braces -> module. */
  readonly imports: Readonly<Record<string, string>>;
  /** Statements of an async function; `ask(server)`, `once`, `createServer` and `PORT` (of the server) are in reach. */
  readonly body: string;
  /** Beside the library, `name@version`. */
  readonly extras?: readonly string[];
}

/** `span`: one of the instrumentation's scope arrives. `log`: a log record does. `patched`: the worker says that it is. */
export type Proof = 'span' | 'log' | 'patched';

export const AGES = ['oldest', 'newest'] as const;
export type Age = (typeof AGES)[number];
export const FORMS = ['cjs', 'esm'] as const;
export type Form = (typeof FORMS)[number];

/** One library of bootstrap's table. */
export interface Row extends Use {
  readonly library: string;
  /** Where the oldest version is used in another way. */
  readonly oldest?: Use;
  /** The oldest version that the instrumentation's own README names, where its ranges are those of single files. */
  readonly since?: string;
  readonly server?: ServerName;
  /** Default `span`. */
  readonly proof?: Proof;
  /** Why there is no more proof than that. */
  readonly why?: string;
  /** Flags of `start`. */
  readonly flags?: readonly string[];
  /** Reasons why a cell shows nothing; a cell that works after all ends the run as one that fails. */
  readonly known?: { readonly [K in Age | `${Age} ${Form}`]?: string };
}
