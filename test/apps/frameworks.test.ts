import test from 'ava';
import { type LoadSpec, survives } from './load.js';

const apps: Record<string, LoadSpec> = {
  fastify: { file: 'fastify.mjs' },
  'close-with-grace': { file: 'close-with-grace.mjs' },
  'fastify-graceful-shutdown 4': { file: 'fastify-graceful-shutdown.mjs' },
  'Nest on Express': { file: 'nest.mjs', newer: true },
  'Nest on Fastify': { file: 'nest.mjs', newer: true, env: { PLATFORM: 'fastify' } },
  'Express 5': { file: 'express.mjs' },
  'Express 4': { file: 'express.mjs', env: { EXPRESS: 'express4' } },
  koa: { file: 'koa.mjs' },
  hapi: { file: 'hapi.mjs' },
  hono: { file: 'hono.mjs' },
};

for (const [name, app] of Object.entries(apps)) {
  test.serial(`${name}: no request fails and no connection is closed by four reloads`, (t) => survives(t, app));
}
