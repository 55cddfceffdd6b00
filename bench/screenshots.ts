import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, hostname, tmpdir, userInfo } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { startReceiver } from '../src/dev/receiver.js';
import { packedBin } from '../test/helpers/packed.js';
import { freePort, receiverPorts } from '../test/helpers/raw.js';
import { root } from '../test/helpers/run-node.js';
import { say } from './lib/flags.js';
import { TerminalScreen } from './lib/terminal-screen.js';
import { PALETTES, terminalSvg } from './lib/terminal-svg.js';

// The pictures of the terminal in README and docs: commands of the packed package, installed into an empty folder, run on a
// terminal of 100 columns, and what they print becomes an SVG, light and dark.
// node dist/bench/screenshots.js [folder]

const COLUMNS = 100;
const ROWS = 40;
const DICE = join(root, 'examples/dice/app.js');
/** A folder with a name of its own would be another one in each picture. */
const folder = join(tmpdir(), 'dice');
const out = resolve(process.argv[2] ?? join(root, 'docs/images'));

interface Scene {
  readonly title: string;
  readonly commands: readonly Command[];
}

interface Command {
  readonly line: string;
  /** What is done before it, without being shown. */
  readonly before?: () => unknown;
  /** Ctrl-C is typed when that stands in its output so often; else it ends by itself. */
  readonly until?: readonly [text: string, times: number];
  readonly code?: number;
  readonly env?: Readonly<Record<string, string>>;
}

mkdirSync(folder); // one that is there is somebody's
const port = await freePort();
const receiver = await startReceiver({ ...(await receiverPorts()), onTraces: () => undefined });
const env = {
  PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
  HOME: folder,
  TERM: 'xterm-256color',
  LANG: 'C.UTF-8',
  npm_config_progress: 'false',
  npm_config_update_notifier: 'false',
  XDG_RUNTIME_DIR: join(folder, 'run'),
  XDG_STATE_HOME: join(folder, 'state'),
  PORT: String(port),
};
try {
  install();
  for (const [name, scene] of Object.entries(scenes())) await picture(name, scene);
} finally {
  stop('all');
  await receiver.close();
  rmSync(folder, { recursive: true });
}

function scenes(): Readonly<Record<string, Scene>> {
  const app = (broken: boolean) => () => {
    const release = broken ? "throw new Error('DATABASE_URL is not set');\n" : '';
    cpSync(DICE, join(folder, 'app.js'));
    if (broken) writeFileSync(join(folder, 'app.js'), release);
  };
  return {
    'terminal-start': {
      title: 'An app on four workers: start, status, a reload, list',
      commands: [
        {
          line: 'npx kf-cluster start app.js -w 4 --daemon',
          before: app(false),
          env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.grpcUrl },
        },
        { line: 'npx kf-cluster status', before: () => ask(400) },
        { line: 'npx kf-cluster reload' },
        { line: 'npx kf-cluster list' },
      ],
    },
    'terminal-top': {
      title: 'A table that is drawn anew each second',
      commands: [{ line: 'npx kf-cluster status --watch', before: () => ask(400), until: ['SLOT', 2], code: 130 }],
    },
    'terminal-errors': {
      title: 'A release that does not start changes nothing; each error says what, why and how to fix it',
      commands: [
        { line: 'npx kf-cluster reload', before: app(true), code: 1 },
        { line: 'npx kf-cluster list' },
        { line: 'npx kf-cluster start ap.js -w 4', code: 2 },
        { line: 'npx kf-cluster start app.js --worker 4', code: 2 },
      ],
    },
    'terminal-dev': {
      title: 'kf-cluster dev prints each trace, and at the end what became of the spans of each worker',
      commands: [
        {
          line: 'npx kf-cluster dev app.js -w 2 --no-page',
          before: () => {
            app(false)();
            stop('dice');
          },
          until: ['GET /fail', 1],
          code: 130,
        },
      ],
    },
  };
}

async function picture(name: string, { title, commands }: Scene): Promise<void> {
  const screen = new TerminalScreen(COLUMNS);
  for (const command of commands) {
    await command.before?.();
    say(`${name}: ${command.line}`);
    screen.prompt(command.line);
    screen.write(await run(command));
  }
  for (const scheme of ['light', 'dark'] as const) {
    const svg = terminalSvg(screen, title, PALETTES[scheme]);
    refusePrivate(svg);
    writeFileSync(join(out, `${name}-${scheme}.svg`), svg);
  }
}

/** Everything that the command prints on a terminal. */
async function run({ line, until, code: wanted = 0, env: own = {} }: Command): Promise<string> {
  const child = spawn(
    'python3',
    [join(root, 'bench/lib/terminal.py'), String(COLUMNS), String(ROWS), ...line.split(' ')],
    {
      cwd: folder,
      env: { ...env, ...own },
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  let output = '';
  let asked = false;
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
    if (!asked && /ready: \d workers/.test(output)) {
      asked = true;
      void ask(3).then(() => fetch(`http://127.0.0.1:${port}/fail`));
    }
    if (until !== undefined && output.split(until[0]).length > until[1]) child.stdin.end();
  });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== wanted) throw new Error(`${line} exited with ${code}, not ${wanted}:\n${output}`);
  return output;
}

/** From 40 clients at a time, so that each worker has some. */
async function ask(requests: number): Promise<void> {
  const one = async () => (await fetch(`http://127.0.0.1:${port}/rolldice?player=Ada`)).text();
  for (let left = requests; left > 0; left -= 40) await Promise.all(Array.from({ length: Math.min(40, left) }, one));
}

/** The package as users install it, beside the app. */
function install(): void {
  for (const name of ['run', 'state']) mkdirSync(join(folder, name), { mode: 0o700 });
  writeFileSync(join(folder, 'package.json'), '{"name":"dice","private":true}\n');
  const bin = packedBin();
  cpSync(bin.slice(0, bin.indexOf('/kf-cluster/dist')), join(folder, 'node_modules'), {
    recursive: true,
    verbatimSymlinks: true,
  });
}

function refusePrivate(svg: string): void {
  const machine = [root, homedir(), hostname(), userInfo().username, process.execPath].filter(
    (word) => word.length > 4,
  );
  const found = machine.filter((word) => svg.includes(word));
  if (found.length > 0) throw new Error(`the picture shows this machine: ${found.join(', ')}`);
}

/** What does not run any more is no fault. */
function stop(which: string): void {
  spawnSync('npx', ['kf-cluster', 'stop', which, '--force'], { cwd: folder, env, stdio: 'ignore' });
}
