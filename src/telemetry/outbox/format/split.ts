import { type Json, listIn, recordIn } from './json-request.js';
import type { Part } from './part.js';
import type { Encoding } from './record.js';
import { delimited, type Field, fieldsOf } from './wire.js';

/**
 * Two requests with the halves of one, or undefined if it holds a single span (or is no request at all).
 * Traces, logs and metrics have the same shape: request.1 = resource group, group.2 = scope group, scope group.2 = item.
 */
export function splitRequest(request: Uint8Array, encoding: Encoding): [Part, Part] | undefined {
  return encoding === 'json' ? splitJson(request) : splitProtobuf(request);
}

interface Scope {
  readonly head: readonly Uint8Array[];
  readonly items: readonly Uint8Array[];
}

interface Group {
  readonly head: readonly Uint8Array[];
  readonly scopes: readonly Scope[];
}

function splitProtobuf(request: Uint8Array): [Part, Part] | undefined {
  const groups = parse(request);
  const total = groups?.reduce((sum, group) => sum + countItems(group), 0) ?? 0;
  if (!groups || total < 2) return undefined;
  const half = Math.floor(total / 2);
  return [encode(groups, 0, half), encode(groups, half, total)];
}

function countItems(group: Group): number {
  return group.scopes.reduce((sum, scope) => sum + scope.items.length, 0);
}

function parse(request: Uint8Array): Group[] | undefined {
  const groups: Group[] = [];
  for (const outer of fieldsOf(request) ?? []) {
    const parts = fieldsOf(outer.content);
    if (!parts) return undefined;
    const scopes: Scope[] = [];
    for (const scope of parts.filter(isRepeated)) {
      const inner = fieldsOf(scope.content);
      if (!inner) return undefined;
      scopes.push({ head: raws(inner, false), items: raws(inner, true) });
    }
    groups.push({ head: raws(parts, false), scopes });
  }
  return groups;
}

const isRepeated = (field: Field) => field.number === 2 && field.wireType === 2;
const raws = (fields: readonly Field[], repeated: boolean) =>
  fields.filter((field) => isRepeated(field) === repeated).map((field) => field.raw);

/** The request that holds the items `from` to `to` (exclusive), counted over all groups. */
function encode(groups: readonly Group[], from: number, to: number): Part {
  const out: Uint8Array[] = [];
  let at = 0;
  let items = 0;
  for (const group of groups) {
    const scopes: Uint8Array[] = [];
    for (const scope of group.scopes) {
      const kept = scope.items.slice(Math.max(0, from - at), Math.max(0, to - at));
      at += scope.items.length;
      items += kept.length;
      if (kept.length > 0) scopes.push(delimited(2, [...scope.head, ...kept]));
    }
    if (scopes.length > 0) out.push(delimited(1, [...group.head, ...scopes]));
  }
  return { bytes: Buffer.concat(out), items };
}

/** The names of the three levels; the first key of a request says which signal it is. */
const LEVELS: Record<string, readonly [string, string]> = {
  resourceSpans: ['scopeSpans', 'spans'],
  resourceLogs: ['scopeLogs', 'logRecords'],
  resourceMetrics: ['scopeMetrics', 'metrics'],
};

function splitJson(request: Uint8Array): [Part, Part] | undefined {
  try {
    return halvesOfJson(request);
  } catch (error) {
    // What is no JSON, or has none of the three levels.
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}

function halvesOfJson(request: Uint8Array): [Part, Part] | undefined {
  const parsed = recordIn(request);
  const [top = ''] = Object.keys(parsed);
  const names = LEVELS[top];
  if (!names) return undefined;
  const groups = listIn(parsed, top);
  const [scopeName, itemName] = names;
  const scopesOf = (group: Json) => listIn(group, scopeName);
  const total = groups.flatMap(scopesOf).reduce((sum, scope) => sum + listIn(scope, itemName).length, 0);
  if (total < 2) return undefined;
  const part = (from: number, to: number): Part => {
    let at = 0;
    const keep = (scope: Json) => {
      const all = listIn(scope, itemName);
      const kept = all.slice(Math.max(0, from - at), Math.max(0, to - at));
      at += all.length;
      return { ...scope, [itemName]: kept };
    };
    const halves = groups.map((group) => ({ ...group, [scopeName]: scopesOf(group).map(keep) }));
    return { bytes: Buffer.from(JSON.stringify({ [top]: halves })), items: to - from };
  };
  const half = Math.floor(total / 2);
  return [part(0, half), part(half, total)];
}
