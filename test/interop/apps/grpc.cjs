// A gRPC server of @grpc/grpc-js, and an HTTP server whose requests call it.
const { createServer } = require('node:http');
const { join } = require('node:path');
const grpc = require('@grpc/grpc-js');
const { loadSync } = require('@grpc/proto-loader');

const { shop } = grpc.loadPackageDefinition(loadSync(join(__dirname, 'shop.proto')));
const server = new grpc.Server();
server.addService(shop.Orders.service, {
  find: (call, done) => (call.request.id === 7 ? done(null, { item: 'tea' }) : done({ code: grpc.status.NOT_FOUND })),
});
server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  const client = new shop.Orders(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  const http = createServer((request, response) =>
    client.find({ id: Number(request.url.slice(1)) }, (failed, found) => response.end(failed ? 'none' : found.item)),
  );
  process.on('SIGTERM', () => {
    client.close();
    server.tryShutdown(() => undefined);
  });
  http.listen(0, '127.0.0.1', () => console.log('listening', http.address().port));
});
