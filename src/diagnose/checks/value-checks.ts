import { type Pairs, parseAttributes, parseHeaders } from '../../otel-env/pairs.js';
import { isSecretName } from '../../otel-env/redact.js';
import type { Checks, Problem } from '../check.js';
import type { Facts } from '../facts.js';

/** Values that are well-formed and cannot be meant. None of them is part of a finding. */
export const VALUE_CHECKS = {
  'value-unexpanded': {
    severity: 'error',
    symptom: 'connection',
    about: 'an OTEL_* variable with $NAME or $(NAME) in it, which nobody has replaced',
    find: ({ env, origin }) =>
      ours(env).flatMap(([name, text]) => {
        const reference = referenceIn(name, text);
        if (reference === undefined) return [];
        return [
          {
            what: `${origin(name)} holds ${reference} as it stands`,
            why: 'single quotes, an env file and systemd replace nothing; Kubernetes replaces $(NAME) alone, where NAME stands above',
            fix: 'Write the value, or let a shell write it: in double quotes.',
          },
        ];
      }),
  },
  'value-placeholder': {
    severity: 'error',
    symptom: 'authentication',
    about: 'a key that is empty, or a placeholder of a guide in its place or in the place of a host',
    find: ({ env, origin }) =>
      ours(env).flatMap(([name, text]): Problem[] => {
        const fix = 'Write the one of your account.';
        if (/ENDPOINT$/.test(name)) {
          const host = /^(?:\w+:\/\/)?([^/:?]*)/.exec(text)?.[1] ?? '';
          if (!/^([A-Z_]*HOST|YOUR[-_]?.*|<.*>)$/.test(host)) return [];
          return [{ what: `${origin(name)} names the host ${host}`, why: 'that is a placeholder of a guide', fix }];
        }
        if (!/_HEADERS$/.test(name)) return [];
        return Object.entries(pairsOf(parseHeaders(text))).flatMap(([header, value]) => {
          const isEmpty = value === '';
          if (!isEmpty && !/^(Bearer )?(<.*>|your[-_ ].*|change-?me|x{3,}|\.{3})$/i.test(value)) return [];
          const why = isEmpty ? 'the variable of a shell that it came from was not set' : 'that is one of a guide';
          return [{ what: `${origin(name)}: ${header} ${isEmpty ? 'is empty' : 'is a placeholder'}`, why, fix }];
        });
      }),
  },
  'key-in-attributes': {
    severity: 'error',
    symptom: 'authentication',
    about: 'a key in OTEL_RESOURCE_ATTRIBUTES: it is stored with every span, and opens nothing',
    find: ({ env, origin }) =>
      Object.entries(pairsOf(parseAttributes(env[ATTRIBUTES] ?? '')))
        .filter(([key]) => isSecretName(key))
        .map(([key]) => ({
          what: `${origin(ATTRIBUTES)} has ${key}`,
          why: 'resource attributes are sent with every span and shown to whoever sees a trace; no collector reads a key there',
          fix: `Move it into OTEL_EXPORTER_OTLP_HEADERS, or a file of --exporter-otlp-headers-file, and make a new key.`,
        })),
  },
  'attributes-form': {
    severity: 'warning',
    symptom: 'service-name',
    about: 'OTEL_RESOURCE_ATTRIBUTES with a colon or a semicolon where = or a comma belongs',
    find: ({ env, origin }) =>
      Object.keys(pairsOf(parseAttributes(env[ATTRIBUTES] ?? '')))
        .filter((key) => /[:;\s]/.test(key))
        .slice(0, 1)
        .map((key) => ({
          what: `${origin(ATTRIBUTES)} has an attribute that is called ${JSON.stringify(key)}`,
          why: 'pairs are written name=value, with commas between them',
          fix: `${ATTRIBUTES}=deployment.environment.name=prod,team=web`,
        })),
  },
  milliseconds: {
    severity: 'warning',
    symptom: 'lost-spans',
    about: 'a timeout or a delay below 100 ms: it was meant in seconds',
    find: ({ env, origin }) =>
      ours(env).flatMap(([name, text]) => {
        const value = Number(text);
        if (!/^OTEL_(EXPORTER_OTLP|BSP|BLRP|METRIC)_.*(TIMEOUT|DELAY|INTERVAL)$/.test(name)) return [];
        if (text === '' || !(value > 0 && value < 100)) return [];
        return [
          {
            what: `${origin(name)} is ${value}`,
            why: `it counts milliseconds: ${value} ms is shorter than a request to a collector may take`,
            fix: `${name}=${value * 1000}`,
          },
        ];
      }),
  },
  'key-unread': {
    severity: 'warning',
    symptom: 'authentication',
    about: 'a key in a variable that nobody reads, and no header that carries it',
    find: ({ env }) => {
      const name = ['KF_API_KEY', 'KLOUDFUSE_API_KEY', 'OTEL_API_KEY', 'OTEL_EXPORTER_OTLP_API_KEY'].find((one) =>
        env[one]?.trim(),
      );
      const hasHeaders = ours(env).some(([one, text]) => /_HEADERS(_FILE)?$/.test(one) && text !== '');
      const isRemote = ours(env).some(([one, text]) => /ENDPOINT$/.test(one) && text.startsWith('https://'));
      if (name === undefined || hasHeaders || !isRemote) return [];
      return [
        {
          what: `${name} is set, and no header carries it`,
          why: 'the exporter sends the headers of its own variables and of the headers file, and reads no other',
          fix: 'Write it into a file of headers, mode 600, and name that by --exporter-otlp-headers-file.',
          next: `printf 'kf-api-key=%s\\n' "$${name}" > otlp.headers && chmod 600 otlp.headers`,
        },
      ];
    },
  },
} satisfies Checks<Facts>;

const ATTRIBUTES = 'OTEL_RESOURCE_ATTRIBUTES';

/** A key may have a dollar somewhere: of a header the whole value has to be one, and is not shown. */
function referenceIn(name: string, text: string): string | undefined {
  const reference = /\$(?:\(\w+\)|\{\w+\}|[A-Z_][A-Z0-9_]+)/;
  if (!isSecretName(name)) return reference.exec(text)?.[0];
  const isWhole = new RegExp(`=\\s*(?:Bearer(?:\\s|%20))?${reference.source}\\s*(?:,|$)`).test(text);
  return isWhole ? 'the name of a variable' : undefined;
}

/** None of what is malformed: other checks say that. */
function pairsOf(found: Pairs): Readonly<Record<string, string>> {
  return found.problem === undefined ? found.pairs : {};
}

function ours(env: Facts['env']): [string, string][] {
  return Object.entries(env)
    .filter(([name]) => name.startsWith('OTEL_'))
    .map(([name, text]) => [name, text?.trim() ?? '']);
}
