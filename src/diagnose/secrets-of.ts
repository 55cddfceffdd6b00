import { parseAttributes, parseHeaders } from '../otel-env/pairs.js';
import type { Env } from '../otel-env/read-variable.js';
import { isSecretName } from '../otel-env/redact.js';
import { readPlainFile } from '../system/plain-file.js';
import type { Deployments } from './deployment/workload.js';
import { Secrets } from './secrets.js';

/** Everything secret that an environment and the files of a project hold. */
export function secretsOf(
  envs: readonly Env[],
  { workloads, settings }: Deployments,
  files: readonly string[],
): Secrets {
  const secrets = new Secrets();
  for (const env of envs) for (const [name, value] of Object.entries(env)) addVariable(secrets, name, value, name);
  for (const { file, env, command } of workloads) {
    for (const [name, { value }] of Object.entries(env)) addVariable(secrets, name, value, `${name} in ${file}`);
    for (const word of command) addWord(secrets, word, file);
  }
  for (const { file, values } of settings) {
    for (const [name, value] of Object.entries(values)) addVariable(secrets, name, value, `${name} in ${file}`);
  }
  for (const file of files) addFile(secrets, file);
  return secrets;
}

/** By its name, by the name of a pair in it, or as a part of a URL. */
function addVariable(secrets: Secrets, name: string, value: string | undefined, from: string): void {
  if (value === undefined) return;
  addUrl(secrets, value, from);
  if (isSecretName(name)) secrets.add(value, from);
  if (/_HEADERS$/.test(name)) addHeaders(secrets, value, from);
  if (name === 'OTEL_RESOURCE_ATTRIBUTES') {
    const parsed = parseAttributes(value);
    for (const [key, one] of Object.entries('pairs' in parsed ? parsed.pairs : {}))
      if (isSecretName(key)) secrets.add(one, from);
  }
}

/** A word of a command line: `--api-key=abc`, `OTEL_EXPORTER_OTLP_HEADERS=kf-api-key=abc`. */
function addWord(secrets: Secrets, word: string, from: string): void {
  const at = word.indexOf('=');
  if (at > 0)
    addVariable(
      secrets,
      word.slice(0, at).replace(/^-+/, '').replaceAll('-', '_').toUpperCase(),
      word.slice(at + 1),
      from,
    );
  for (const [, key] of word.matchAll(/[\w-]*(?:key|token|secret|password)=([^\s,&'"]+)/gi)) secrets.add(key, from);
  addUrl(secrets, word, from);
}

/** Malformed ones too: then whatever stands behind a `=` or a `:`, or all of it. */
function addHeaders(secrets: Secrets, value: string, from: string): void {
  const found = parseHeaders(value);
  if (found.problem === undefined) for (const one of Object.values(found.pairs)) secrets.add(one, from);
  for (const part of value.split(','))
    secrets.add(part.replace(/^[^=:]*[=:]/, '').replace(/^["'\s]+|["'\s]+$/g, ''), from);
}

function addUrl(secrets: Secrets, value: string, from: string): void {
  for (const [text] of value.matchAll(/[a-z][a-z0-9+.-]*:\/\/[^\s"']+/gi)) {
    if (!URL.canParse(text)) continue;
    const url = new URL(text);
    for (const one of [url.password, url.username, ...url.searchParams.values()]) {
      secrets.add(one, from);
      secrets.add(decoded(one), from);
    }
  }
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** A headers file or a private key. One that cannot be read has no secret to show. */
function addFile(secrets: Secrets, file: string): void {
  let text: string;
  try {
    text = readPlainFile(file);
  } catch {
    return;
  }
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith('-----') || line.trimStart().startsWith('#')) continue;
    if (line.includes('=') && !/^[\w+/]{40,}=*$/.test(line)) addHeaders(secrets, line, file);
    else secrets.add(line, file);
  }
}
