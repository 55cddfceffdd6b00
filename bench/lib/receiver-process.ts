import { readdirSync, readFileSync } from 'node:fs';
import {
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceDefinition,
  type sendUnaryData,
} from '@grpc/grpc-js';
import type { Comparison, ReceiverReply, ReceiverRequest } from './receiver.js';
import { eachSpanId } from './wire.js';

// An OTLP/gRPC collector that only counts, in a process of its own.

const identity = (bytes: Buffer) => bytes;
const service: ServiceDefinition = {
  Export: {
    path: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
    requestStream: false,
    responseStream: false,
    requestSerialize: identity,
    requestDeserialize: identity,
    responseSerialize: identity,
    responseDeserialize: identity,
  },
};
const received = new Set<string>();
let total = 0;
let keepIds = false;
let latencyMs = 0;

const server = new Server({ 'grpc.max_receive_message_length': -1 });
server.addService(service, {
  Export: (call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) => {
    eachSpanId(call.request, (id) => {
      total += 1;
      if (keepIds) received.add(id);
    });
    if (latencyMs > 0) setTimeout(done, latencyMs, null, Buffer.alloc(0));
    else done(null, Buffer.alloc(0));
  },
});
server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  tell({ type: 'listening', url: `http://127.0.0.1:${port}` });
});

process.on('message', (request: ReceiverRequest) => {
  if (request.type === 'begin') {
    received.clear();
    total = 0;
    keepIds = request.keepIds;
    latencyMs = request.latencyMs;
    tell({ type: 'begun' });
  } else if (request.type === 'count') tell({ type: 'counted', total });
  else tell({ type: 'compared', ...compare(request.ledger) });
});
process.on('disconnect', () => process.exit());

function compare(ledger: string): Comparison {
  const ended = new Set(
    readdirSync(ledger).flatMap((file) => readFileSync(`${ledger}/${file}`, 'utf8').trim().split('\n')),
  );
  ended.delete('');
  const missing = [...ended].filter((id) => !received.has(id)).length;
  return { ended: ended.size, received: received.size, missing, duplicates: total - received.size };
}

function tell(reply: ReceiverReply): void {
  process.send?.(reply);
}
