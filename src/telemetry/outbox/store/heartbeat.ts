import { codeOf } from '../../../contract/system-error.js';
import type { SpoolPorts } from '../outbox-ports.js';
import { HEARTBEAT_MS } from './owner.js';

/**
 * Shows recovering processes of other hosts and containers, which cannot see this process, that the owner of a directory
 * lives. Nothing is thrown: it runs in a timer of the app's process, and a disk that was remounted read-only must not end that.
 *
 * @param onError is called with what the disk says; not when the directory is gone, which the next write notices
 * @returns what ends it
 */
export function startHeartbeat(dir: string, ports: SpoolPorts, onError: (error: unknown) => void): () => void {
  let stop: () => void;
  const beat = () => {
    const seconds = ports.wallClock() / 1000;
    try {
      ports.fs.utimesSync(dir, seconds, seconds);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') onError(error);
    }
    stop = ports.setTimer(beat, HEARTBEAT_MS);
  };
  stop = ports.setTimer(beat, HEARTBEAT_MS);
  return () => stop();
}
