import { statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { KfError } from '../../contract/errors.js';
import type { Env } from '../../otel-env/read-variable.js';
import { redact } from '../../otel-env/redact.js';
import { readPlainFile } from '../../system/plain-file.js';
import { isOnReadOnlyMount } from '../../system/read-only-mount.js';
import type { Checks } from '../check.js';
import type { Facts } from '../facts.js';
import { isKey } from './keys.js';

/** The form of the headers, and who can read them. Their values are never part of a finding. */
export const HEADER_CHECKS = {
  'header-form': {
    severity: 'error',
    symptom: 'authentication',
    about: 'a headers variable that is no name=value: a bare token, a colon, quotes around the value',
    find: ({ env, origin }) =>
      Object.entries(env).flatMap(([name, text]) => {
        if (!/^OTEL_EXPORTER_OTLP_(\w+_)?HEADERS$/.test(name) || !text?.trim()) return [];
        const problem = formProblem(text.trim());
        if (problem === undefined) return [];
        return [{ what: `${origin(name)} ${problem.what}`, why: problem.why, fix: problem.fix }];
      }),
  },
  'headers-file-mode': {
    severity: 'warning',
    symptom: 'authentication',
    about:
      'a headers file or a private key that other users can read, unless it is on a read-only mount such as a Secret',
    find: ({ loaded, env }) => {
      const keys = Object.entries(env).filter(([name]) => /^OTEL_EXPORTER_OTLP_(\w+_)?CLIENT_KEY$/.test(name));
      const files = [loaded?.resolved.values['exporter-otlp-headers-file'], ...keys.map(([, file]) => file?.trim())];
      return files.flatMap((file) => {
        const mode = file === undefined ? 0 : (statSync(file, { throwIfNoEntry: false })?.mode ?? 0);
        if (file === undefined || (mode & 0o044) === 0 || isOnReadOnlyMount(file)) return [];
        return [
          {
            what: `${file} has mode ${(mode & 0o777).toString(8)}`,
            why: 'other users of this machine can read the key',
            fix: 'Close it.',
            next: `chmod 600 ${file}`,
          },
        ];
      });
    },
  },
  'env-file-committed': {
    severity: 'warning',
    symptom: 'authentication',
    about: 'an env file with a key that .gitignore does not name',
    find: ({ loaded, dir, input }) => {
      const path = loaded?.resolved.values['env-file'];
      if (path === undefined || !path.startsWith(dir)) return [];
      const holds = Object.entries(loaded?.resolved.envSources ?? {}).some(
        ([name, { layer }]) => layer === 'env-file' && isKey(name, loaded?.resolved.env[name]),
      );
      if (!holds || !isRepository(dir) || ignores(dir, path)) return [];
      return [
        {
          what: `${path} holds a key, and .gitignore does not name it`,
          why: 'the next commit may take it along',
          fix: 'Add it to .gitignore.',
          next: `cd ${input.cwd} && git check-ignore -v ${path}`,
        },
      ];
    },
  },
  'key-in-the-clear': {
    severity: 'warning',
    symptom: 'authentication',
    about: 'a key that is sent over http:// to another machine',
    find: ({ env }) => {
      const hasHeaders = Object.entries(env).some(
        ([name, text]) => /^OTEL_EXPORTER_OTLP_(\w+_)?HEADERS(_FILE)?$/.test(name) && text?.trim(),
      );
      const open = Object.entries(env).find(
        ([name, text]) => /^OTEL_EXPORTER_OTLP_.*ENDPOINT$/.test(name) && isOpen(text?.trim() ?? ''),
      );
      if (!hasHeaders || !open) return [];
      return [
        {
          what: `headers are sent to ${redact(open[0], open[1]!)} without TLS`,
          why: 'whoever is on the way reads the key',
          fix: 'Use https://',
        },
      ];
    },
  },
} satisfies Checks<Facts>;

/** Whether `header-form` says more of it. */
export function isHeaderProblem({ code, message }: KfError, env: Env): boolean {
  const [name = ''] = /OTEL_EXPORTER_OTLP_(\w+_)?HEADERS\b/.exec(message) ?? [];
  return code === 'OTEL_INVALID' && name !== '' && formProblem(env[name]?.trim() ?? '') !== undefined;
}

/** A single word before the first `=` is a name; what looks like one is often half of a token. */
function formProblem(text: string): { what: string; why: string; fix: string } | undefined {
  if (/^(["']).*\1$/s.test(text)) return undefined; // node-options-quotes says it
  if (!text.includes('=') || /^(Bearer|Basic)\s/i.test(text)) {
    const colon = /^[\w-]+\s*:/.exec(text) !== null;
    return {
      what: colon ? 'has a colon where = belongs' : 'holds a bare token',
      why: 'expected name=value: it is a list of headers, not one header',
      fix: colon ? 'Write name=value.' : 'Write authorization=Bearer%20... or kf-api-key=...',
    };
  }
  const quoted = text.split(',').some((pair) => /=\s*["'].*["']\s*$/.test(pair));
  return quoted
    ? { what: 'has a value in quotes', why: 'the quotes are sent with it', fix: 'Leave them out.' }
    : undefined;
}

function isOpen(endpoint: string): boolean {
  if (!URL.canParse(endpoint)) return false;
  const { protocol, hostname } = new URL(endpoint);
  // A name without a dot is one of the same network, and so is NAME.NAMESPACE of Kubernetes.
  const isInside = /^(127\.|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)|\.(local|internal|svc)$|\.svc\./.test(hostname);
  const isPublic = hostname.split('.').length > 2 || /\.(com|net|org|io|dev|cloud|app|ai|co|eu)$/.test(hostname);
  return protocol === 'http:' && isPublic && !isInside;
}

function isRepository(dir: string): boolean {
  return statSync(join(dir, '.git'), { throwIfNoEntry: false }) !== undefined;
}

function ignores(dir: string, path: string): boolean {
  const file = join(dir, '.gitignore');
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) return false;
  const name = basename(path);
  return readPlainFile(file)
    .split(/\r?\n/)
    .some(
      (line) =>
        line === name ||
        line === `/${name}` ||
        (line.startsWith('.env') && name.startsWith('.env') && line.endsWith('*')),
    );
}
