import { KINDS, SWITCHES } from './kinds.js';
import { fileKeyOf } from './option-row.js';
import { ROWS } from './options.js';

/** The JSON Schema of kf-cluster.config.json and of package.json#kf-cluster. */
export function configSchema(): Record<string, unknown> {
  const rows = ROWS.filter((row) => row.file !== false);
  const properties = rows.map((row) => [
    fileKeyOf(row),
    {
      description: row.doc,
      ...KINDS[row.kind].schema(row.choices ?? []),
      ...(row.default === undefined || row.default === '' ? {} : { default: defaultOf(row.kind, row.default) }),
    },
  ]);
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'kf-cluster configuration',
    type: 'object',
    additionalProperties: false,
    properties: {
      $schema: { type: 'string' },
      env: {
        description: 'variables for the workers',
        type: 'object',
        additionalProperties: { type: ['string', 'number', 'boolean'] },
      },
      ...Object.fromEntries(properties),
    },
  };
}

function defaultOf(kind: keyof typeof KINDS, text: string): unknown {
  if (SWITCHES.has(kind) && text !== 'auto') return text === 'true';
  return kind === 'count' ? Number(text) : text;
}
