import type { ChildProcess } from 'node:child_process';

/**
 * node:cluster lets go of what a worker listens on when its channel has closed, and closes the socket with the last of them.
 * A worker may live without a channel, and serves then: its successors get that same socket, where a new one of theirs would
 * find the port taken. So node:cluster learns of it at the exit. To be called right after the fork, before anybody else listens.
 */
export function keepHandlesUntilExit(child: ChildProcess): void {
  const [onDisconnect] = child.listeners('disconnect');
  const [wrapped] = child.rawListeners('disconnect');
  if (!onDisconnect || !wrapped) return; // the process did not start
  child.removeListener('disconnect', wrapped as () => void);
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  const pass = () => {
    if (hasEnded() && !child.connected) Reflect.apply(onDisconnect, child, []);
  };
  child.once('disconnect', pass);
  child.once('exit', pass);
}
