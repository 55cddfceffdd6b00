import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

// The ways to share a port: new connections a second, evenness across workers (of short connections, and of those that
// stay), failures in reloads. The client shares the cores, so compare within one run. Flags: --rounds 2 --ms 1500 --reloads 5 --clients 64 --workers 2,4,8 --node PATH

const ROOT = new URL('../../', import.meta.url);
const path = (name: string) => fileURLToPath(new URL(name, ROOT));
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '2' },
    ms: { type: 'string', default: '1500' },
    reloads: { type: 'string', default: '5' },
    clients: { type: 'string', default: '64' },
    workers: { type: 'string', default: '2,4,8' },
    node: { type: 'string', default: process.execPath },
  },
});
const REQUEST = 'GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n';
const KEPT = 'GET / HTTP/1.1\r\nhost: a\r\n\r\n';
const HANG = 5_000;

interface Load {
  slots: Map<string, number>;
  failures: Map<string, number>;
  answered: number;
  stop(): Promise<void>;
}

// reuseport came with Node 22.12.
const [major = 0, minor = 0] = execFileSync(values.node, ['--version'], { encoding: 'utf8' })
  .slice(1)
  .split('.')
  .map(Number);
const hasReusePort = major > 22 || (major === 22 && minor >= 12);
if (!hasReusePort) console.log('reuseport: not measured, it needs Node 22.12; say which with --node PATH');

for (let round = 0; round < Number(values.rounds); round++) {
  await measure('single', 1);
  for (const workers of values.workers.split(',').map(Number)) {
    for (const scheduling of ['rr', 'shared', ...(hasReusePort ? ['reuseport'] : [])])
      await measure(scheduling, workers);
  }
}

async function measure(scheduling: string, workers: number): Promise<void> {
  const port = await freePort();
  const app = path('test/fixtures/apps/http.cjs');
  const flags = ['start', app, '-w', String(workers), '--no-telemetry', '--scheduling', scheduling];
  const single = scheduling === 'single';
  const args = single ? [app] : [path('dist/bundle/bin.cjs'), ...flags];
  const child = spawn(values.node, args, { env: { ...process.env, PORT: String(port) }, stdio: 'pipe' });
  let text = '';
  const checks: (() => void)[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      text += chunk;
      for (const check of checks) check();
    });
  }
  const line = (pattern: RegExp) =>
    new Promise<void>((resolve) => {
      const check = () => pattern.test(text) && resolve();
      checks.push(check);
      check();
    });
  await line(single ? /listening/ : /ready: /);
  const stays = single ? '' : `stay ${await stay(port, 'burst')}, ${await stay(port, 'trickle')}`;
  const steady = load(port);
  await new Promise((resolve) => setTimeout(resolve, Number(values.ms)));
  const rate = Math.round((steady.answered * 1000) / Number(values.ms));
  await steady.stop();
  const reloading = load(port);
  for (let generation = 2; !single && generation < 2 + Number(values.reloads); generation++) {
    child.kill('SIGHUP');
    await line(new RegExp(`generation ${generation} (serves|failed)`));
  }
  await reloading.stop();
  child.kill('SIGTERM');
  await once(child, 'close');
  report(`${single ? 'one node' : `${scheduling} x${workers}`}`, rate, steady, reloading, stays);
}

function report(name: string, rate: number, steady: Load, reloading: Load, stays: string): void {
  const total = [...steady.slots.values()].reduce((sum, count) => sum + count, 0);
  const shares = descending(steady.slots).map((count) => Math.round((count * 100) / total));
  const told = (failures: Map<string, number>) =>
    [...failures].map(([code, count]) => `${count} ${code}`).join(', ') || '0';
  const failed = `failed ${told(steady.failures)}; in reloads ${told(reloading.failures)} of ${reloading.answered}`;
  console.log(`${name.padEnd(14)} ${String(rate).padStart(6)}/s  shares ${shares.join('/')}  ${stays}  ${failed}`);
}

function descending(counts: Map<string, number>): number[] {
  return [...counts.values()].sort((a, b) => b - a);
}

/** How many each worker has of the connections that stay, opened at once or one after another. */
async function stay(port: number, how: 'burst' | 'trickle'): Promise<string> {
  const kept: Socket[] = [];
  const slots = new Map<string, number>();
  const open = () =>
    new Promise<void>((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => socket.write(KEPT));
      kept.push(socket);
      socket.on('error', reject);
      socket.once('data', (answer) => {
        const slot = /"slot":"(\d+)"/.exec(String(answer))?.[1] ?? '0';
        slots.set(slot, (slots.get(slot) ?? 0) + 1);
        resolve();
      });
    });
  const clients = Array.from({ length: Number(values.clients) }, () => open);
  if (how === 'burst') await Promise.all(clients.map((begin) => begin()));
  else for (const begin of clients) await begin();
  const closed = kept.map((socket) => once(socket, 'close'));
  for (const socket of kept) socket.end();
  await Promise.all(closed);
  return `${how} ${descending(slots).join('/')}`;
}

/** As many new connections as the clients give, one request each, nothing sent twice. */
function load(port: number): Load {
  let running = true;
  let open = 0;
  const state: Load = {
    slots: new Map(),
    failures: new Map(),
    answered: 0,
    stop: async () => {
      running = false;
      while (open > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    },
  };
  const begin = () => {
    if (!running) return;
    open += 1;
    let text = '';
    let code = 'closed';
    const socket = connect(port, '127.0.0.1', () => socket.write(REQUEST));
    socket.setTimeout(HANG, () => {
      code = 'hang';
      socket.destroy();
    });
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      code = error.code ?? error.message;
    });
    socket.on('close', () => {
      open -= 1;
      const slot = /"slot":"(\d+)"/.exec(text)?.[1] ?? '0';
      const ok = text.startsWith('HTTP/1.1 200');
      if (ok) state.answered += 1;
      const counts = ok ? state.slots : state.failures;
      const key = ok ? slot : code;
      counts.set(key, (counts.get(key) ?? 0) + 1);
      if (ok) begin();
      else setTimeout(begin, 5);
    });
  };
  for (let client = 0; client < Number(values.clients); client++) begin();
  return state;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
