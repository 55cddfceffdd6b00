// node:cluster as one writes it in thirty lines: restart, rolling reload on HUP, forward TERM.
const cluster = require('node:cluster');
const { once } = require('node:events');
cluster.setupPrimary({ exec: `${__dirname}/app.cjs` });
let stopping = false;
const retired = new Set();

async function reload() {
  for (const old of Object.values(cluster.workers)) {
    await once(cluster.fork(), 'listening');
    retired.add(old.id);
    old.process.kill('SIGTERM');
    await once(old, 'exit');
  }
  console.log('reloaded');
}

cluster.on('exit', (worker) => {
  if (!stopping && !retired.delete(worker.id)) cluster.fork();
});
process.on('SIGHUP', reload);
process.on('SIGTERM', () => {
  stopping = true;
  for (const worker of Object.values(cluster.workers)) worker.process.kill('SIGTERM');
});
for (let i = 0; i < Number(process.env.BENCH_WORKERS); i++) cluster.fork();
