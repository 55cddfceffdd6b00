// A request writes an object of S3 and reads it again.
const { createServer } = require('node:http');
const { GetObjectCommand, PutObjectCommand, S3Client } = require('@aws-sdk/client-s3');

const s3 = new S3Client({
  endpoint: process.env.S3_URL,
  region: 'eu-central-1',
  forcePathStyle: true,
  credentials: { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' },
  requestChecksumCalculation: 'WHEN_REQUIRED',
});
const server = createServer(async (_request, response) => {
  await s3.send(new PutObjectCommand({ Bucket: 'shop', Key: 'order', Body: 'tea' }));
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'shop', Key: 'order' }));
  response.end(await Body.transformToString());
});
server.listen(0, '127.0.0.1', () => console.log('listening', server.address().port));
