import type { ChildProcess } from 'node:child_process';
import { standIn } from '../worker/node-internals/stand-in.js';

/**
 * Holds back what this process sends to a worker, ours and what a hook sends with a handle or without, until the worker
 * listens. node:cluster itself has a `message` listener in the worker from the start, so Node does not keep early messages:
 * what comes while the preload is still being imported would be lost. Its own messages pass.
 *
 * @returns sends them; the second call does nothing
 */
export function holdEarlySends(child: Pick<ChildProcess, 'send'>): () => void {
  const send: ChildProcess['send'] | undefined = child.send;
  if (!send) return () => undefined; // the process did not start
  const held: unknown[][] = [];
  child.send = standIn(send, (self, args) => {
    if (isOfNode(args[0])) return Reflect.apply(send, self, args);
    held.push(args);
    return true;
  });
  return () => {
    child.send = send;
    for (const args of held.splice(0)) Reflect.apply(send, child, args);
  };
}

function isOfNode(message: unknown): boolean {
  return typeof message === 'object' && message !== null && 'cmd' in message && message.cmd === 'NODE_CLUSTER';
}
