// A pool of the kind of pg's: ended at SIGTERM, and from then on each query is an error, which the app answers with 500.
import http from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

class Pool {
  #ended = false;
  async query() {
    if (this.#ended) throw new Error('Cannot use a pool after calling end on the pool');
    await pause(5);
    return 'served';
  }
  async end() {
    this.#ended = true;
  }
}

const pool = new Pool();
const server = http.createServer(async (_request, response) => {
  try {
    response.end(await pool.query('select 1'));
  } catch {
    response.writeHead(500).end();
  }
});
server.listen(Number(process.env.PORT), '127.0.0.1');
process.on('SIGTERM', async () => {
  await pool.end();
  server.close(() => process.exit(0));
});
