import net from 'node:net';
import v8 from 'node:v8';
import { quietly } from '../node-internals/quietly.js';

/** Node has it since 20.13, some of what takes Node's place does not. */
type WithQuery = Partial<Pick<typeof v8, 'queryObjects'>>;

/** What each of Node's modules has of its own that inherits from net.Server: the prototypes of its classes. */
const PROTOTYPES: Readonly<Record<string, number>> = { http: 1, tls: 1, https: 1, http2: 2 };

/**
 * Whether anybody in this process holds a server, of any kind, listening or not. It walks the heap, which blocks the thread
 * for as long as a full garbage collection: to be asked once, of a process that serves nobody.
 */
export function hasServer(): boolean {
  const { queryObjects }: WithQuery = v8;
  if (!queryObjects) return true;
  return quietly(() => queryObjects(net.Server, { format: 'count' })) > ownPrototypes();
}

function ownPrototypes(): number {
  const { moduleLoadList = [] }: NodeJS.Process & { readonly moduleLoadList?: readonly string[] } = process;
  const loaded = Object.entries(PROTOTYPES).filter(([name]) => moduleLoadList.includes(`NativeModule ${name}`));
  return loaded.reduce((sum, [, count]) => sum + count, 0);
}
