import type { Row } from './types.js';

/** Frameworks that serve HTTP, and what needs no server. */
export const WEB_ROWS: readonly Row[] = [
  {
    library: 'express',
    imports: { express: 'express' },
    body: `const app = express();
app.get('/x', (request, response) => response.end('x'));
await ask(app.listen(0), '/x');`,
  },
  {
    library: 'koa',
    imports: { Koa: 'koa' },
    body: `const app = new Koa();
app.use(async (context) => { context.body = 'x'; });
await ask(app.listen(0));`,
  },
  {
    library: '@hapi/hapi',
    imports: { Hapi: '@hapi/hapi' },
    body: `const server = Hapi.server({ port: 0 });
server.route({ method: 'GET', path: '/x', handler: () => 'x' });
await server.start();
await ask(server.listener, '/x');`,
  },
  {
    library: 'connect',
    imports: { connect: 'connect' },
    body: `const app = connect();
app.use(function greet(request, response) { response.end('x'); });
await ask(createServer(app).listen(0));`,
  },
  {
    library: 'router',
    imports: { Router: 'router' },
    body: `const router = Router();
router.get('/x', (request, response) => response.end('x'));
await ask(createServer((request, response) => router(request, response, () => response.end())).listen(0), '/x');`,
  },
  {
    library: 'restify',
    imports: { restify: 'restify' },
    body: `const server = restify.createServer();
server.get('/x', (request, response, next) => { response.send('x'); next(); });
server.listen(0);
await ask(server.server, '/x');`,
  },
  {
    library: '@nestjs/core',
    imports: {
      '{ NestFactory }': '@nestjs/core',
      '{ Module, Controller, Get }': '@nestjs/common',
      reflection: 'reflect-metadata',
    },
    extras: ['@nestjs/common@VERSION', '@nestjs/platform-express@VERSION', 'reflect-metadata', 'rxjs'],
    body: `class Greeter { greet() { return 'x'; } }
Get('x')(Greeter.prototype, 'greet', Object.getOwnPropertyDescriptor(Greeter.prototype, 'greet'));
Controller()(Greeter);
class App {}
Module({ controllers: [Greeter] })(App);
const app = await NestFactory.create(App, { logger: false });
await app.listen(0);
await ask(app.getHttpServer(), '/x');`,
    oldest: {
      imports: {
        '{ NestFactory }': '@nestjs/core',
        '{ Module, Controller, Get }': '@nestjs/common',
        reflection: 'reflect-metadata',
      },
      extras: [
        '@nestjs/common@VERSION',
        '@nestjs/microservices@VERSION',
        '@nestjs/websockets@VERSION',
        'reflect-metadata@0.1.14',
        'rxjs@5.5.12',
      ],
      body: `class Greeter { greet() { return 'x'; } }
Get('x')(Greeter.prototype, 'greet', Object.getOwnPropertyDescriptor(Greeter.prototype, 'greet'));
Controller()(Greeter);
class App {}
Module({ controllers: [Greeter], components: [] })(App);
const app = await NestFactory.create(App);
await ask(await app.listen(0), '/x');`,
    },
  },
  {
    library: 'fastify',
    imports: { fastify: 'fastify' },
    body: `const app = fastify();
app.get('/x', async () => 'x');
await app.listen({ port: 0 });
await ask(app.server, '/x');`,
    oldest: {
      imports: { fastify: 'fastify' },
      body: `const app = fastify();
app.get('/x', async () => 'x');
await app.listen({ port: 0 });
await ask(app.server, '/x');`,
    },
  },
  {
    library: 'hono',
    imports: {
      '{ Hono }': 'hono',
      '{ serve }': '@hono/node-server',
      '{ httpInstrumentationMiddleware }': '@hono/otel',
    },
    extras: ['@hono/node-server@1', '@hono/otel@1.1.2', '@opentelemetry/api@1.9.1'],
    body: `const app = new Hono();
app.use(httpInstrumentationMiddleware());
app.get('/x', (context) => context.text('x'));
await ask(serve({ fetch: app.fetch, port: 0 }), '/x');`,
  },
  {
    library: 'socket.io',
    since: '2.0.0',
    imports: { '{ Server }': 'socket.io' },
    body: `const io = new Server(createServer().listen(0));
io.emit('news', 'x');`,
    oldest: {
      imports: { io: 'socket.io' },
      body: `const server = io(createServer().listen(0), { serveClient: false });
server.emit('news', 'x');`,
    },
  },
  {
    library: 'graphql',
    imports: { '{ graphql, buildSchema }': 'graphql' },
    body: `const schema = buildSchema('type Query { x: String }');
await graphql({ schema, source: '{ x }', rootValue: { x: '1' } });`,
  },
  {
    library: '@grpc/grpc-js',
    imports: { grpc: '@grpc/grpc-js' },
    body: `const same = (bytes) => bytes;
const Get = { path: '/shop.Shop/Get', requestStream: false, responseStream: false, requestSerialize: same,
  requestDeserialize: same, responseSerialize: same, responseDeserialize: same };
const server = new grpc.Server();
server.addService({ Get }, { Get: (call, done) => done(null, Buffer.from('x')) });
const port = await new Promise((resolve, reject) => server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(),
  (error, bound) => error ? reject(error) : resolve(bound)));
try { server.start(); } catch {}
const Client = grpc.makeGenericClientConstructor({ Get }, 'Shop');
const client = new Client('127.0.0.1:' + port, grpc.credentials.createInsecure());
await new Promise((resolve, reject) => client.Get(Buffer.from('x'), (error) => error ? reject(error) : resolve()));
client.close();
server.forceShutdown();`,
  },
  {
    library: 'dataloader',
    imports: { DataLoader: 'dataloader' },
    body: `await new DataLoader(async (keys) => keys).load(1);`,
  },
  {
    library: 'generic-pool',
    imports: { genericPool: 'generic-pool' },
    body: `const pool = genericPool.createPool({ create: async () => ({}), destroy: async () => {} });
await pool.release(await pool.acquire());`,
    oldest: {
      imports: { genericPool: 'generic-pool' },
      body: `const pool = new genericPool.Pool({ name: 'x', create: (done) => done(null, {}), destroy: () => {}, log: false });
await new Promise((resolve, reject) => pool.acquire((error, one) => error ? reject(error) : resolve(pool.release(one))));`,
    },
  },
  {
    library: 'lru-memoizer',
    imports: { memoizer: 'lru-memoizer' },
    proof: 'patched',
    why: 'it makes no spans: it carries the context into callbacks',
    body: `const load = (memoizer.default ?? memoizer)({ load: (key, done) => done(null, key), hash: (key) => key, max: 10 });
await new Promise((resolve) => load('x', resolve));`,
  },
  {
    library: 'bunyan',
    imports: { bunyan: 'bunyan' },
    proof: 'log',
    why: 'it makes log records and no spans',
    flags: ['--capture-logs'],
    known: {
      oldest: 'the instrumentation calls logger.addStream(), which this release does not have: createLogger() throws',
    },
    body: `bunyan.createLogger({ name: 'x' }).info('hello');`,
  },
];
