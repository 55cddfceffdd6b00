// An ordinary app instead of one that only says hello: Express, its router, a JSON answer of 20 orders.
const express = require('express');
const orders = Array.from({ length: 20 }, (_, id) => ({
  id,
  customer: `customer ${id}`,
  items: [id, id + 1],
  total: id * 9.9,
}));
const app = express();
const router = express.Router();
router.get('/', (_request, response) => response.json({ orders, at: new Date() }));
app.use('/', router);
module.exports = app;
