/** The environment telemetry is configured by; `process.env` in the product. */
export type Env = Readonly<Record<string, string | undefined>>;

/** A variable's trimmed value; blank counts as unset, as the OpenTelemetry specification says. */
export function textOf(env: Env, name: string): string | undefined {
  const value = env[name]?.trim();
  return value ? value : undefined;
}

/** `OTEL_EXPORTER_OTLP_TRACES_<suffix>`, else `OTEL_EXPORTER_OTLP_<suffix>`. */
export function otlpText(env: Env, suffix: string): string | undefined {
  return textOf(env, `OTEL_EXPORTER_OTLP_TRACES_${suffix}`) ?? textOf(env, `OTEL_EXPORTER_OTLP_${suffix}`);
}

/** True only for the word `true`, in any case. */
export function isTrue(value: string | undefined): boolean {
  return value?.toLowerCase() === 'true';
}

/** The items of a comma list, without blanks and repetitions. */
export function listOf(value: string | undefined): string[] {
  const items = (value ?? '').split(',').map((item) => item.trim());
  return [...new Set(items.filter((item) => item !== ''))];
}

/** `a=b,c=d` with percent-encoded values; an item without `=` is given to `onBad`. */
export function pairsOf(value: string | undefined, onBad: (item: string) => void): Record<string, string> {
  const pairs: Record<string, string> = {};
  for (const item of listOf(value)) {
    const at = item.indexOf('=');
    if (at < 1) onBad(item);
    else pairs[item.slice(0, at).trim()] = decode(item.slice(at + 1).trim());
  }
  return pairs;
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    // A lone % is a legal value written without encoding: what was meant is what was written.
    return value;
  }
}
