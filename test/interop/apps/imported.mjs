import express from 'express';

const app = express();
app.get('/users/:id', (request, response) => response.send(request.params.id));
const server = app.listen(0, '127.0.0.1', () => console.log('listening', server.address().port));
