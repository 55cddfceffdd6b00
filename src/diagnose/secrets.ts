import { REDACTED } from '../otel-env/redact.js';

/** What is shorter is no key, and would be found in any text. */
const SHORTEST = 6;

/**
 * The secrets that were read, to take them out of what is shown and to prove that they are not in it. Each is looked for as
 * it is, URL-encoded, and in base64 at all three alignments, so also inside a longer text that was encoded.
 */
export class Secrets {
  readonly #forms = new Map<string, string>();

  /** @param from what is said when it is found: never the value */
  add(value: string | undefined, from: string): void {
    const text = value?.trim() ?? '';
    // `Bearer abc`, `Basic dXNlcjpwYXNz`: the part behind the scheme is the key.
    for (const part of [text, ...text.split(/\s+/).slice(1)]) {
      if (part.length < SHORTEST || /^(true|false|\d+(\.\d+)*)$/.test(part)) continue;
      for (const form of formsOf(part)) if (!this.#forms.has(form)) this.#forms.set(form, from);
    }
  }

  /** Where the first secret in the text comes from; undefined when there is none. */
  find(text: string): string | undefined {
    for (const [form, from] of this.#forms) if (text.includes(form)) return from;
    return undefined;
  }

  scrub(text: string): string {
    let clean = text;
    // The longest first: a form may hold another.
    for (const form of [...this.#forms.keys()].toSorted((a, b) => b.length - a.length)) {
      clean = clean.replaceAll(form, REDACTED);
    }
    return clean;
  }

  /** The same for every text in a value of JSON. */
  scrubAll<T>(value: T): T {
    return JSON.parse(JSON.stringify(value), (_, one) => (typeof one === 'string' ? this.scrub(one) : one)) as T;
  }
}

function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const inBase64 = [0, 1, 2].map((before) => {
    // The first and the last character depend on what stands around.
    const text = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    return text.slice(before === 0 ? 0 : before + 1, (bytes.length + before) % 3 === 0 ? undefined : -1);
  });
  const forms = [
    secret,
    encodeURIComponent(secret),
    ...inBase64,
    ...inBase64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_')),
  ];
  return [...new Set(forms)].filter((form) => form.length >= SHORTEST);
}
