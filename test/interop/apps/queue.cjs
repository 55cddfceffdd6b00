// A request puts a message into a queue of RabbitMQ; the same worker consumes it.
const { createServer } = require('node:http');
const amqp = require('amqplib');

async function main() {
  const connection = await amqp.connect(process.env.AMQP_URL);
  const channel = await connection.createChannel();
  await channel.assertQueue('orders');
  await channel.consume('orders', (message) => {
    channel.ack(message);
    console.log('consumed', message.content.toString());
  });
  const server = createServer((_request, response) => {
    channel.sendToQueue('orders', Buffer.from('7'));
    response.end('queued');
  });
  process.on('SIGTERM', () => connection.close());
  server.listen(0, '127.0.0.1', () => console.log('listening', server.address().port));
}
main();
