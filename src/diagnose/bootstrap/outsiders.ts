/** What is maintained outside of the OpenTelemetry project. */
interface Outsider {
  readonly package: string;
  /** What is proven with our family. */
  readonly version: string;
  /** Of the library. */
  readonly range: string;
  readonly why: string;
  /** Where it does not suffice to install it. */
  readonly code?: string;
  /** Releases of the library that make spans themselves: with the instrumentation each call would have two. */
  readonly itself?: { readonly range: string; readonly why: string };
}

/** By the library. */
export const OUTSIDERS: Readonly<Record<string, Outsider>> = {
  fastify: {
    package: '@fastify/otel',
    version: '0.21.2',
    range: '>=4.10.0 <6',
    why: 'Fastify itself maintains it; it has to be there before the first fastify()',
  },
  '@prisma/client': {
    package: '@prisma/instrumentation',
    version: '7.10.1',
    range: '>=6.1.0',
    why: 'Prisma hands its spans to an instrumentation of its own',
  },
  hono: {
    package: '@hono/otel',
    version: '1.1.2',
    range: '>=4.8.0',
    why: 'it is a middleware: without it a request has the SERVER span of node:http and no route',
    code: `import { httpInstrumentationMiddleware } from '@hono/otel';\napp.use(httpInstrumentationMiddleware());`,
  },
  bullmq: {
    package: 'bullmq-otel',
    version: '1.3.1',
    range: '>=5.28.0 <6',
    why: 'BullMQ takes a telemetry object for each queue and worker, and carries the trace in the job',
    code: `import { BullMQOtel } from 'bullmq-otel';\nnew Queue('orders', { connection, telemetry: new BullMQOtel('orders') });\nnew Worker('orders', run, { connection, telemetry: new BullMQOtel('orders') });`,
  },
  'drizzle-orm': {
    package: '@kubiks/otel-drizzle',
    version: '2.1.0',
    range: '>=0.28.0',
    why: 'Drizzle has no hook: the driver below it (pg, mysql2) can be instrumented without code, or each db by hand',
    code: `import { instrumentDrizzleClient } from '@kubiks/otel-drizzle';\nconst db = drizzle(pool);\ninstrumentDrizzleClient(db);`,
  },
  '@anthropic-ai/sdk': {
    package: '@traceloop/instrumentation-anthropic',
    version: '0.27.0',
    range: '>=0.29.0 <0.134.0',
    why: 'it makes a span with model and tokens of each call',
    itself: { range: '>=0.134.0', why: 'the SDK makes spans of its calls through the global provider: nothing to add' },
  },
  '@langchain/core': {
    package: '@traceloop/instrumentation-langchain',
    version: '0.27.0',
    range: '>=1.0.0 <2',
    why: 'it makes a span of each chain, tool and model call',
  },
};

/** What makes its spans through whatever provider is there, or is covered by another. */
export const BY_THEMSELVES: Readonly<Record<string, string>> = {
  next: 'Next makes spans of its routes through the global provider: nothing to add',
  ai: 'the AI SDK makes spans with experimental_telemetry: { isEnabled: true }',
  axios: 'its requests go through node:http, which is instrumented',
  got: 'its requests go through node:http, which is instrumented',
  'node-fetch': 'its requests go through node:http, which is instrumented',
  undici: 'built in',
  pino: 'built in: --log-correlation and --capture-logs',
  winston: 'built in: --log-correlation and --capture-logs',
};

/** What an app would want to see and nobody instruments. */
export const NOTHING: Readonly<Record<string, string>> = {
  'better-sqlite3': 'no instrumentation exists: put withSpan() around the queries that matter',
  sqlite3: 'no instrumentation exists: put withSpan() around the queries that matter',
  postgres: 'postgres.js has no instrumentation: pg has one, or put withSpan() around the queries',
  '@upstash/redis': 'it speaks HTTP by fetch: its requests are CLIENT spans already',
  nats: 'no instrumentation exists: carry the trace by hand, see docs/TELEMETRY.md',
};
