import type { Socket } from 'node:net';
import grpc, { type ServerUnaryCall, type ServiceDefinition, type sendUnaryData } from '@grpc/grpc-js';
import { responseBytes, statusBytes } from './answers.js';
import type { Signal } from './decode.js';
import { isOurName } from './host-header.js';
import type { Answer, Intake } from './intake.js';

/** What a side of the receiver takes. */
export interface Limits {
  /** Of one message, when it is no longer compressed. */
  readonly maxBytes: number;
  /** The address that we listen on. */
  readonly host: string;
}

interface GrpcSide {
  readonly onConnection: (socket: Socket) => void;
  close(): void;
}

/** Requests under way on one connection; each may hold a whole message. */
const MAX_STREAMS = 16;

/** The OTLP/gRPC side: the three collector services on connections that are handed to it. */
export function grpcSide(intake: Intake, { maxBytes, host }: Limits, reset: (peer: string) => void): GrpcSide {
  const server = new grpc.Server({
    'grpc.max_receive_message_length': maxBytes,
    'grpc.max_concurrent_streams': MAX_STREAMS,
  });
  for (const [signal, service] of Object.entries(SERVICES) as [Signal, string][]) {
    server.addService(definition(service), {
      export: (call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>) => {
        if (!isOurName(call.getHost(), host)) {
          intake.refusals.add('for another host');
          callback({ code: grpc.status.PERMISSION_DENIED, details: 'this receiver answers to its own address only' });
          return;
        }
        const headers = Object.fromEntries(
          Object.entries(call.metadata.getMap()).map(([name, value]) => [name, value.toString()]),
        );
        const info = { transport: 'grpc', encoding: 'protobuf', headers, bytes: call.request.length } as const;
        intake.handle(signal, call.request, info).then(
          (answer) => (answer.kind === 'reset' ? reset(call.getPeer()) : reply(answer, callback)),
          (error: Error) => callback({ code: grpc.status.INTERNAL, details: error.message }),
        );
      },
    });
  }
  const injector = server.createConnectionInjector(grpc.ServerCredentials.createInsecure());
  return { onConnection: (socket) => injector.injectConnection(socket), close: () => server.forceShutdown() };
}

const SERVICES: Readonly<Record<Signal, string>> = {
  traces: 'opentelemetry.proto.collector.trace.v1.TraceService',
  metrics: 'opentelemetry.proto.collector.metrics.v1.MetricsService',
  logs: 'opentelemetry.proto.collector.logs.v1.LogsService',
};

/** One method, bytes in and bytes out: the intake decodes for both transports. */
function definition(service: string): ServiceDefinition {
  const raw = (bytes: Buffer) => bytes;
  return {
    export: {
      path: `/${service}/Export`,
      requestStream: false,
      responseStream: false,
      requestSerialize: raw,
      requestDeserialize: raw,
      responseSerialize: raw,
      responseDeserialize: raw,
    },
  };
}

function reply(answer: Exclude<Answer, { kind: 'reset' }>, callback: sendUnaryData<Buffer>): void {
  switch (answer.kind) {
    case 'taken':
      callback(null, responseBytes(answer.rejected, answer.message));
      return;
    case 'malformed':
      callback({ code: grpc.status.INVALID_ARGUMENT, details: answer.message });
      return;
    case 'too-large':
      callback({ code: grpc.status.RESOURCE_EXHAUSTED, details: answer.message });
      return;
    case 'failed':
      callback({ code: grpc.status.INTERNAL, details: answer.message });
      return;
    case 'refused': {
      const metadata = new grpc.Metadata();
      const details = statusBytes(answer.grpc, answer.message, answer.retryAfterMs);
      if (answer.retryAfterMs !== undefined) metadata.set('grpc-status-details-bin', details);
      callback({ code: answer.grpc, details: answer.message, metadata });
      return;
    }
    case 'silent':
      return;
  }
}
