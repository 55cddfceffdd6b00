import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

const LISTENING = '0A';
/** 127.0.0.1, as the kernel writes it; on big-endian machines it is the other way round. */
const LOOPBACK = new Set(['0100007F', '7F000001']);

/**
 * The sockets on 127.0.0.1 that a process listens with: port by the socket's inode. Empty where there is no /proc, or
 * the process is another user's.
 */
export function loopbackPorts(pid: number): ReadonlyMap<string, number> {
  try {
    const own = socketsOf(pid);
    const ports = new Map<string, number>();
    for (const line of readFileSync(`/proc/${pid}/net/tcp`, 'utf8').split('\n').slice(1)) {
      const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/);
      const [address = '', port = ''] = local.split(':');
      if (state === LISTENING && LOOPBACK.has(address) && own.has(inode)) ports.set(inode, Number.parseInt(port, 16));
    }
    return ports;
  } catch {
    return new Map(); // it has ended, or cannot be seen
  }
}

/** The inodes of the sockets that a process holds. */
export function socketsOf(pid: number | 'self'): ReadonlySet<string> {
  const inodes = new Set<string>();
  for (const fd of readdirSync(`/proc/${pid}/fd`)) {
    try {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
      if (inode !== undefined) inodes.add(inode);
    } catch {
      // It was closed meanwhile.
    }
  }
  return inodes;
}
