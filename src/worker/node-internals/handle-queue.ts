import type { EventEmitter } from 'node:events';

/** An end of Node's own channel between two processes, with the one thing of its inside that is used here. */
type HandleChannel = EventEmitter & { _handleQueue?: unknown[] | null };

/**
 * Lets several descriptors be on their way over one channel. Node sends the next one when the one before has been
 * acknowledged, 0.5 ms a descriptor through a primary; with 64 on their way it is 0.2. The wait is for systems where a
 * descriptor that its sender closes too early is lost; on Linux one that is on its way is held by the kernel.
 *
 * Node (lib/internal/child_process.js, 20 to 26) keeps what waits in `_handleQueue` and expects an array there at each
 * acknowledgement. Where that is not so any more, they go one after the other. Contract: test/worker/node-contracts.test.ts.
 *
 * @param onInternal calls the listener at each `internalMessage`, before Node's own
 * @param onLost one did not arrive: the other side had no descriptor left, or the kernel no room
 * @returns to be called after each descriptor that was sent
 */
export function pipelineHandles(
  channel: HandleChannel,
  onInternal: (listener: (message: { cmd?: unknown }) => void) => void,
  onLost: () => void,
): () => void {
  onInternal(({ cmd }) => {
    if (cmd !== 'NODE_HANDLE_ACK' && cmd !== 'NODE_HANDLE_NACK') return;
    channel._handleQueue ??= [];
    // Behind Node's own listener, which sends nothing again: what we send is kept by nobody but us.
    if (cmd === 'NODE_HANDLE_NACK') process.nextTick(onLost);
  });
  return () => {
    if (channel._handleQueue?.length === 0) channel._handleQueue = null;
  };
}
