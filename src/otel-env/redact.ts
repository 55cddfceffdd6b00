export const REDACTED = '[redacted]';

/**
 * A value as it may be shown: headers and keys not at all, a URL without its credentials and query values, and of resource
 * attributes not those that are called like a secret.
 */
export function redact(name: string, value: string): string {
  if (isSecretName(name)) return REDACTED;
  if (name === 'OTEL_RESOURCE_ATTRIBUTES') return value.split(',').map(redactPair).join(',');
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(value)) return redactUrl(value);
  // An endpoint may stand without its scheme.
  if (!/ENDPOINT$/i.test(name) || !/[?@]/.test(value)) return value;
  return redactUrl(`http://${value}`).replace('http://', '');
}

function redactPair(pair: string): string {
  const at = pair.indexOf('=');
  return at > 0 && isSecretName(pair.slice(0, at).trim()) ? `${pair.slice(0, at)}=${REDACTED}` : pair;
}

/** True for a variable whose name says that it holds a secret. `..._HEADERS_FILE` holds a path only. */
export function isSecretName(name: string): boolean {
  return /(HEADERS|KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?)$/i.test(name);
}

function redactUrl(value: string): string {
  if (!URL.canParse(value)) return REDACTED;
  const url = new URL(value);
  const userinfo = url.username !== '' || url.password !== '';
  if (!userinfo && url.search === '') return value;
  const auth = userinfo ? `${REDACTED}@` : '';
  const query = [...url.searchParams.keys()].map((key) => `${key}=${REDACTED}`).join('&');
  return `${url.protocol}//${auth}${url.host}${url.pathname}${query === '' ? '' : `?${query}`}`;
}
