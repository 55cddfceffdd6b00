// One query of MariaDB a request, by mysql2.
const { createServer } = require('node:http');
const mysql = require('mysql2/promise');

const pool = mysql.createPool({
  host: '127.0.0.1',
  port: Number(process.env.MYSQL_PORT),
  user: 'shop',
  database: 'mysql',
});
const server = createServer(async (_request, response) => {
  const [rows] = await pool.query('SELECT 41 + ? AS sum', [1]);
  response.end(String(rows[0].sum));
});
pool.query('SELECT 1').then(() => server.listen(0, '127.0.0.1', () => console.log('listening', server.address().port)));
