/** Keys of a query that sign a request, as @opentelemetry/instrumentation-http has them. */
const SECRET = [
  ...['sig', 'Signature', 'AWSAccessKeyId', 'X-Goog-Signature'],
  ...['X-Amz-Signature', 'X-Amz-Credential', 'X-Amz-Security-Token'],
];
const REDACTED = 'REDACTED';

/** A query, with or without its question mark, without the values of secret keys; the same text if it has none. */
export function redactedQuery(search: string): string {
  if (!SECRET.some((name) => search.includes(name))) return search;
  const params = new URLSearchParams(search);
  for (const name of SECRET) if (params.has(name)) params.set(name, REDACTED);
  return `${search.startsWith('?') ? '?' : ''}${params}`;
}

/** Attributes to write over those of a URL that holds a secret; none for any other. */
export function redactedUrl(text: string): Readonly<Record<string, string>> {
  if (!URL.canParse(text)) return {};
  const url = new URL(text);
  const search = redactedQuery(url.search);
  const named = url.username !== '' || url.password !== '';
  if (search === url.search && !named) return {};
  url.search = search;
  if (named) {
    url.username = REDACTED;
    url.password = REDACTED;
  }
  return { 'url.full': url.href, 'url.query': url.search };
}
