import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './net.js';
import { type Program, run } from './program.js';

/** A balancer in front of pods. */
export interface Balancer {
  readonly port: number;
  /** Whether it sends new connections there. */
  set(pod: number, on: boolean): Promise<void>;
  stop(): Promise<void>;
}

/**
 * A real one, which tries nothing again: as kube-proxy in `tcp`, as an ingress in `http`.
 * @param pods the ports that it may be told of
 */
export async function startHaproxy(mode: 'tcp' | 'http', pods: readonly number[]): Promise<Balancer> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await start(mode, await freePort(), pods);
    } catch (error) {
      if (tries === 5) throw error; // somebody else has taken that port
    }
  }
}

async function start(mode: 'tcp' | 'http', port: number, pods: readonly number[]): Promise<Balancer> {
  const dir = mkdtempSync(join(tmpdir(), 'kf-haproxy-'));
  const socket = join(dir, 'admin.sock');
  const servers = pods.map((pod) => `  server p${pod} 127.0.0.1:${pod} disabled`);
  const lines = [
    ...['global', `  stats socket ${socket} level admin`, 'defaults', `  mode ${mode}`, '  retries 0'],
    // An idle connection that a server ends under the next request is another race, which retries are for.
    ...(mode === 'http' ? ['  option http-server-close'] : []),
    ...['  timeout connect 2s', '  timeout client 60s', '  timeout server 60s'],
    ...['listen pods', `  bind 127.0.0.1:${port}`, '  balance roundrobin', ...servers, ''],
  ];
  const file = join(dir, 'haproxy.cfg');
  writeFileSync(file, lines.join('\n'));
  const program = run('haproxy', ['-db', '-f', file], process.env);
  const set = (pod: number, on: boolean) => command(socket, `set server pods/p${pod} state ${on ? 'ready' : 'maint'}`);
  await untilListens(socket, program);
  return {
    port,
    set,
    stop: async () => {
      program.kill('SIGKILL');
      await program.exited;
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

function command(path: string, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(path, () => socket.write(`${text}\n`));
    socket
      .on('error', reject)
      .on('close', () => resolve())
      .resume();
  });
}

async function untilListens(path: string, program: Program): Promise<void> {
  let ended = false;
  void program.exited.then(() => (ended = true));
  for (;;) {
    try {
      return await command(path, 'show info');
    } catch (error) {
      if (ended) throw new Error(program.output(), { cause: error });
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
