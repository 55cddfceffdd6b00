import { splitArgs } from '../../config/args.js';
import { literals, type Workload } from './workload.js';

/** The image that a Dockerfile makes: its variables from all stages, because each stage's are in the history. */
export function readDockerfile(file: string, text: string): Workload {
  const lines = text
    .replace(/\\\r?\n/g, ' ')
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  const instruction = (name: string) =>
    lines.flatMap((line) => new RegExp(`^${name}\\s+(.*)$`, 'i').exec(line)?.[1] ?? []);
  const last = (name: string) => instruction(name).at(-1);
  const entry = commandOf(last('ENTRYPOINT'));
  const args = commandOf(last('CMD'));
  const node = instruction('FROM').flatMap((image) => /(?:^|\/)node:(\d+)/.exec(image)?.[1] ?? []);
  return {
    platform: 'docker',
    file,
    name: file,
    env: literals(Object.assign({}, ...[...instruction('ENV'), ...instruction('ARG')].map(pairsOf))),
    command: [...entry.words, ...args.words],
    shell: (entry.words.length > 0 ? entry : args).shell,
    node: node.at(-1),
    fields: { stopSignal: last('STOPSIGNAL'), user: last('USER'), withoutDev: instruction('RUN').some(isWithoutDev) },
  };
}

function isWithoutDev(command: string): boolean {
  return /\b(npm (ci|i|install)|pnpm (i|install)|yarn( install)?)\b.*--(omit[= ]dev|production|prod)\b/.test(command);
}

/** `["node", "app.js"]` runs by itself, anything else in a shell. */
function commandOf(text: string | undefined): { words: readonly string[]; shell: boolean } {
  if (text === undefined) return { words: [], shell: false };
  if (!text.startsWith('[')) return { words: splitArgs(text) ?? [text], shell: true };
  try {
    const words: unknown = JSON.parse(text);
    if (Array.isArray(words)) return { words: words.map(String), shell: false };
  } catch {
    // then it is no JSON either
  }
  return { words: [text], shell: true }; // as Docker takes it
}

/** `A=1 B="two words"`, or `A 1`. */
function pairsOf(text: string): Record<string, string> {
  const words = splitArgs(text) ?? [text];
  if (!words[0]?.includes('=')) return words[0] === undefined ? {} : { [words[0]]: words.slice(1).join(' ') };
  return Object.fromEntries(
    words.flatMap((word) => {
      const at = word.indexOf('=');
      return at < 0 ? [] : [[word.slice(0, at), word.slice(at + 1)]];
    }),
  );
}
