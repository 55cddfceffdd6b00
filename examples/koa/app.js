// Koa 3, CommonJS:  kf-cluster dev examples/koa/app.js -w 2
const { trace } = require('@opentelemetry/api');
const Koa = require('koa');

const app = new Koa();

// Koa has no router of its own, so the span learns its route here; the dev page and most backends group by it.
app.use((context, next) => {
  const user = /^\/users\/(\w+)$/.exec(context.path);
  if (!user) return next();
  trace.getActiveSpan()?.setAttribute('http.route', '/users/:id');
  context.body = { id: user[1] };
});

app.use((context) => {
  if (context.path === '/fail') throw new Error('koa answers 500');
  context.body = { worker: process.env.KF_WORKER_SLOT, pid: process.pid };
});

const server = app.listen(process.env.PORT ?? 8080, () => {
  console.log(`koa on http://localhost:${server.address().port}/`);
});
