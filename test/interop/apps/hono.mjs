import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { routePath } from 'hono/route';
import { setRoute } from 'kf-cluster/tracing';

const app = new Hono();
app.use(async (c, next) => {
  await next();
  setRoute(routePath(c, -1));
});
app.get('/users/:id', (c) => c.text(c.req.param('id')));
app.get('/', (c) => c.text('home'));
const orders = new Hono().get('/:order/items/:item', (c) => c.text(c.req.param('item')));
app.route('/orders', orders);
serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => console.log('listening', port));
