/** A socket file, in the two forms of gRPC's naming: `unix:path` and `unix:///absolute/path`. */
export function isSocket(value: string): boolean {
  return /^unix:(\/\/)?[^\s]+$/i.test(value);
}

/**
 * What a value without a scheme gets in front, after the OTLP specification: https://, unless it names this machine or
 * `insecure` (OTEL_EXPORTER_OTLP_INSECURE).
 */
export function schemeFor(value: string, insecure: boolean): 'http://' | 'https://' {
  return insecure || /^(localhost|127\.|\[::1\])/i.test(value) ? 'http://' : 'https://';
}

/** The URL of an endpoint, http:// where no scheme is given; undefined when it is none. */
export function endpointUrl(value: string): URL | undefined {
  const text = hasScheme(value) ? value : `http://${value}`;
  if (/\s/.test(text) || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  const known = url.protocol === 'http:' || url.protocol === 'https:';
  return known && (hasScheme(value) || looksLikeHost(value)) ? url : undefined;
}

/** `localhost:4317` has none: URL would read `localhost:` as one. */
export function hasScheme(value: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(value);
}

/** Without a scheme only what names a host, or a host and a port, is taken: a bare word is more likely a mistake. */
function looksLikeHost(value: string): boolean {
  return (
    /^(localhost|\[[0-9a-f:.]+\]|[\w-]+(\.[\w-]+)+)(:\d+)?(\/.*)?$/i.test(value) || /^[\w-]+:\d+(\/.*)?$/.test(value)
  );
}
