import type { ListenOptions } from 'node:net';

// What of Node is used and is not in its types; each with the versions that have it in the file that uses it.

declare module 'net' {
  function _normalizeArgs(args: readonly unknown[]): [ListenOptions, unknown];
  let _createServerHandle: (...args: unknown[]) => (object & { close(): void }) | number;
}

declare module 'cluster' {
  interface Cluster {
    _getServer(socket: unknown, options: unknown, callback: (...handle: unknown[]) => void): void;
  }
}

declare module 'module' {
  namespace Module {
    /** The loader of CommonJS gives every main module to it and uses nothing of what it returns. */
    let _load: (this: unknown, request: string, parent: unknown, isMain: boolean) => unknown;
  }
}
