const fastify = require('fastify')();

fastify.get('/users/:id', async (request) => request.params.id);
fastify.listen({ port: 0, host: '127.0.0.1' }).then((address) => console.log('listening', new URL(address).port));
