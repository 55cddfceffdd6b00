// A consumer of a queue, without a port. The shutdown of BullMQ's own guide.
import { setTimeout as pause } from 'node:timers/promises';
import { Worker } from 'bullmq';
import Redis from 'ioredis';

const connection = { port: Number(process.env.REDIS_PORT), host: '127.0.0.1', maxRetriesPerRequest: null };
const ledger = new Redis(connection);
const worker = new Worker(
  'jobs',
  async (job) => {
    await ledger.rpush('begun', job.data.number);
    await pause(20);
    await ledger.rpush('done', job.data.number);
  },
  { connection, concurrency: 4 },
);
process.on('SIGTERM', async () => {
  await worker.close();
  await ledger.quit();
  process.exit(0);
});
