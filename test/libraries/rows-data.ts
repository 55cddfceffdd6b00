import type { Row } from './types.js';

/** Seen with that hook alone, without kf-cluster; 3.6 of it takes the same module. */
const HOOK =
  'the instrumentation brings import-in-the-middle 1.15, whose hook breaks this release as an ES module; CommonJS is not concerned';

/** Clients of databases, queues and services. */
export const DATA_ROWS: readonly Row[] = [
  {
    library: 'ioredis',
    server: 'redis',
    imports: { Redis: 'ioredis' },
    body: `const client = new (Redis.default ?? Redis)(PORT, '127.0.0.1');
await client.set('a', '1');
client.disconnect();`,
  },
  {
    library: 'redis',
    server: 'redis',
    imports: { redis: 'redis' },
    body: `const client = redis.createClient(PORT, '127.0.0.1');
await new Promise((resolve, reject) => client.set('a', '1', (error) => error ? reject(error) : resolve()));
client.quit();`,
  },
  {
    library: '@redis/client',
    server: 'redis',
    imports: { '{ createClient }': '@redis/client' },
    body: `const client = createClient({ url: 'redis://127.0.0.1:' + PORT });
client.on('error', () => {});
await client.connect();
await client.set('a', '1');
await client.quit();`,
  },
  {
    library: '@node-redis/client',
    server: 'redis',
    imports: { '{ createClient }': '@node-redis/client' },
    body: `const client = createClient({ url: 'redis://127.0.0.1:' + PORT });
await client.connect();
await client.set('a', '1');
await client.quit();`,
  },
  {
    library: 'pg',
    server: 'postgres',
    imports: { pg: 'pg' },
    body: `const client = new pg.Client({ host: '127.0.0.1', port: PORT, user: 'shop', database: 'postgres' });
await client.connect();
await client.query('select 1');
await client.end();`,
  },
  {
    library: 'pg-pool',
    server: 'postgres',
    imports: { Pool: 'pg-pool' },
    extras: ['pg@8'],
    body: `const pool = new Pool({ host: '127.0.0.1', port: PORT, user: 'shop', database: 'postgres' });
await pool.query('select 1');
await pool.end();`,
  },
  {
    library: 'mysql',
    server: 'mariadb',
    imports: { mysql: 'mysql' },
    body: `const client = mysql.createConnection({ host: '127.0.0.1', port: PORT, user: 'shop', password: '' });
await new Promise((resolve, reject) => client.query('select 1', (error) => error ? reject(error) : resolve()));
client.end();`,
  },
  {
    library: 'mysql2',
    server: 'mariadb',
    imports: { mysql: 'mysql2' },
    body: `const client = mysql.createConnection({ host: '127.0.0.1', port: PORT, user: 'shop', password: '' });
await new Promise((resolve, reject) => client.query('select 1', (error) => error ? reject(error) : resolve()));
client.end();`,
  },
  {
    library: 'knex',
    server: 'mariadb',
    imports: { knex: 'knex' },
    extras: ['mysql@2.18.1'],
    body: `const make = knex.knex ?? knex;
const db = make({ client: 'mysql', connection: { host: '127.0.0.1', port: PORT, user: 'shop', password: '' } });
await db.raw('select 1');
await db.destroy();`,
  },
  {
    library: 'memcached',
    server: 'memcached',
    imports: { Memcached: 'memcached' },
    body: `const client = new Memcached('127.0.0.1:' + PORT);
await new Promise((resolve, reject) => client.set('a', '1', 10, (error) => error ? reject(error) : resolve()));
client.end();`,
  },
  {
    library: 'amqplib',
    server: 'rabbitmq',
    imports: { amqp: 'amqplib' },
    body: `const connection = await amqp.connect('amqp://guest:guest@127.0.0.1:' + PORT);
const channel = await connection.createChannel();
await channel.assertQueue('news', { autoDelete: true });
channel.sendToQueue('news', Buffer.from('x'));
await channel.checkQueue('news');
await connection.close();`,
  },
  {
    library: 'bullmq',
    server: 'redis',
    imports: { '{ Queue }': 'bullmq', '{ BullMQOtel }': 'bullmq-otel' },
    extras: ['bullmq-otel@1.3.1', '@opentelemetry/api@1.9.1'],
    body: `const queue = new Queue('orders', { connection: { host: '127.0.0.1', port: PORT }, telemetry: new BullMQOtel('bullmq-otel') });
await queue.add('one', {});
await queue.close();`,
  },
  {
    library: 'drizzle-orm',
    server: 'postgres',
    imports: {
      '{ drizzle }': 'drizzle-orm/node-postgres',
      '{ sql }': 'drizzle-orm',
      '{ instrumentDrizzleClient }': '@kubiks/otel-drizzle',
      pg: 'pg',
    },
    extras: ['pg@8', '@kubiks/otel-drizzle@2.1.0', '@opentelemetry/api@1.9.1'],
    body: `const pool = new pg.Pool({ host: '127.0.0.1', port: PORT, user: 'shop', database: 'postgres' });
const db = drizzle(pool);
instrumentDrizzleClient(db);
await db.execute(sql.raw('select 1'));
await pool.end();`,
  },
  {
    library: 'mongodb',
    imports: { mongodb: 'mongodb' },
    proof: 'patched',
    why: 'Debian has no MongoDB',
    body: `if (!mongodb.MongoClient) throw new Error('nothing was loaded');`,
  },
  {
    library: 'mongoose',
    imports: { mongoose: 'mongoose' },
    why: 'Debian has no MongoDB: the span is of a query that gets none',
    body: `const Shop = mongoose.model('Shop', new mongoose.Schema({ name: String }, { bufferCommands: true, bufferTimeoutMS: 50 }));
await mongoose.connect('mongodb://127.0.0.1:1/x', { serverSelectionTimeoutMS: 50, useNewUrlParser: true, useUnifiedTopology: true }).catch(() => {});
await Shop.findOne({}).maxTimeMS(50).exec().catch(() => {});`,
    oldest: {
      imports: { mongoose: 'mongoose' },
      body: `mongoose.set('bufferCommands', false);
const Shop = mongoose.model('Shop', new mongoose.Schema({ name: String }));
await Shop.findOne({}).exec().catch(() => {});`,
    },
  },
  {
    library: 'kafkajs',
    imports: { '{ Kafka }': 'kafkajs' },
    why: 'Debian has no Kafka: the span is of a message that is refused',
    body: `const producer = new Kafka({ brokers: ['127.0.0.1:1'], logLevel: 0, retry: { retries: 0 } }).producer();
await producer.send({ topic: 'news', messages: [{ value: 'x' }] }).catch(() => {});`,
  },
  {
    library: 'cassandra-driver',
    imports: { cassandra: 'cassandra-driver' },
    why: 'Debian has no Cassandra: the span is of a query that is refused',
    body: `const client = new cassandra.Client({ contactPoints: ['127.0.0.1:1'], localDataCenter: 'x' });
await client.execute('select 1').catch(() => {});`,
  },
  {
    library: 'tedious',
    imports: { '{ Connection, Request }': 'tedious' },
    why: 'Debian has no SQL Server: the span is of a query that is refused',
    body: `const connection = new Connection({ server: '127.0.0.1', userName: 'x', password: 'x', authentication: { type: 'default',
  options: { userName: 'x', password: 'x' } }, options: { port: 1, connectTimeout: 500, encrypt: false } });
connection.on('error', () => {});
connection.on('connect', () => {});
await new Promise((resolve) => connection.execSql(new Request('select 1', resolve)));`,
  },
  {
    library: 'oracledb',
    imports: { oracledb: 'oracledb' },
    why: 'Debian has no Oracle: the span is of a connection that is refused',
    body: `await oracledb.getConnection({ user: 'x', password: 'x', connectString: '127.0.0.1:1/x' }).catch(() => {});`,
  },
  {
    library: 'openai',
    imports: { OpenAI: 'openai' },
    why: 'a server of our own answers in its place',
    body: `const answer = { id: 'x', object: 'chat.completion', created: 1, model: 'm', choices: [{ index: 0, finish_reason: 'stop',
  message: { role: 'assistant', content: 'x' } }] };
const server = createServer((request, response) => response.setHeader('content-type', 'application/json').end(JSON.stringify(answer)));
await once(server.listen(0), 'listening');
const client = new OpenAI({ apiKey: 'x', baseURL: 'http://127.0.0.1:' + server.address().port });
await client.chat.completions.create({ model: 'm', messages: [{ role: 'user', content: 'x' }] });`,
  },
  {
    library: '@anthropic-ai/sdk',
    known: { 'oldest esm': HOOK },
    imports: { Anthropic: '@anthropic-ai/sdk' },
    why: 'a server of our own answers in its place',
    body: `const answer = { id: 'x', type: 'message', role: 'assistant', model: 'm', content: [{ type: 'text', text: 'x' }],
  stop_reason: 'end_turn', usage: { input_tokens: 1, output_tokens: 1 } };
const server = createServer((request, response) => response.setHeader('content-type', 'application/json').end(JSON.stringify(answer)));
await once(server.listen(0), 'listening');
const client = new Anthropic({ apiKey: 'x', baseURL: 'http://127.0.0.1:' + server.address().port });
await client.messages.create({ model: 'm', max_tokens: 1, messages: [{ role: 'user', content: 'x' }] });`,
  },
  {
    library: '@langchain/core',
    known: { 'oldest esm': HOOK },
    imports: { '{ RunnableLambda }': '@langchain/core/runnables' },
    body: `await RunnableLambda.from(async (x) => x).invoke('x');`,
  },
  {
    library: '@aws-sdk/client-sqs',
    imports: { '{ SQSClient, ListQueuesCommand }': '@aws-sdk/client-sqs' },
    why: 'a server of our own answers in its place',
    body: `const server = createServer((request, response) => response.setHeader('content-type', 'application/x-amz-json-1.0').end('{}'));
await once(server.listen(0), 'listening');
const client = new SQSClient({ region: 'x', endpoint: 'http://127.0.0.1:' + server.address().port,
  credentials: { accessKeyId: 'x', secretAccessKey: 'x' } });
await client.send(new ListQueuesCommand({}));`,
    oldest: {
      imports: { '{ SQSClient, ListQueuesCommand }': '@aws-sdk/client-sqs' },
      body: `const server = createServer((request, response) => response.setHeader('content-type', 'text/xml')
  .end('<ListQueuesResponse><ListQueuesResult></ListQueuesResult></ListQueuesResponse>'));
await once(server.listen(0), 'listening');
const client = new SQSClient({ region: 'x', endpoint: 'http://127.0.0.1:' + server.address().port,
  credentials: { accessKeyId: 'x', secretAccessKey: 'x' } });
await client.send(new ListQueuesCommand({}));`,
    },
  },
];
