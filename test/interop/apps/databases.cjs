// One query of PostgreSQL and two commands of Redis a request, by their own clients.
const { createServer } = require('node:http');
const { Client } = require('pg');
const { createClient } = require('redis');

const pg = new Client({ connectionString: process.env.PG_URL });
const redis = createClient({ url: process.env.REDIS_URL });
const server = createServer(async (_request, response) => {
  await redis.set('seen', '1');
  const { rows } = await pg.query('SELECT $1::int + 1 AS sum', [41]);
  response.end(`${rows[0].sum} ${await redis.get('seen')}`);
});
Promise.all([pg.connect(), redis.connect()]).then(() =>
  server.listen(0, '127.0.0.1', () => console.log('listening', server.address().port)),
);
