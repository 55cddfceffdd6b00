/** Flags of `dev` alone. */
export const DEV_FLAGS = {
  page: {
    type: 'boolean',
    default: true,
    group: 'Page:',
    describe: '(--no-page) the page with every trace, log and metric, on this machine alone',
  },
  'page-port': {
    type: 'string',
    requiresArg: true,
    group: 'Page:',
    describe: '<port> of the page (default: 4319, or a free one)',
  },
  record: {
    type: 'string',
    requiresArg: true,
    group: 'Page:',
    describe: '<file> gets the session at the end: .jsonl is OTLP, .html the page with all of it inside',
  },
  'listen-only': {
    type: 'boolean',
    group: 'Page:',
    describe: 'no app: the receiver and the page for whatever sends OTLP here',
  },
} as const;
