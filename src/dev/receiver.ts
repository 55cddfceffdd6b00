import { createBodyBudget } from './body-budget.js';
import { FaultPlan, type Faults } from './faults.js';
import { grpcSide } from './grpc.js';
import { httpSide } from './http.js';
import { Intake, type Listeners, type SignalCounts } from './intake.js';
import { listen, type Place } from './listener.js';
import { GRPC_PORT, HTTP_PORT } from './open-port.js';
import type { Refusals } from './refusals.js';

export interface ReceiverOptions extends Listeners {
  /** Default 4317, preferred. */
  readonly grpcPort?: Place;
  /** Default 4318, preferred. */
  readonly httpPort?: Place;
  /** Default 127.0.0.1: nothing outside this machine can send. */
  readonly host?: string;
  readonly faults?: Faults;
  /** Largest message after decompression, in bytes. Default 16 MiB. */
  readonly maxBytes?: number;
}

/** An OTLP collector: gRPC, HTTP with protobuf, HTTP with JSON. */
export interface Receiver {
  /** `http://host:port` for OTEL_EXPORTER_OTLP_ENDPOINT with protocol grpc. */
  readonly grpcUrl: string;
  /** `http://host:port` for OTEL_EXPORTER_OTLP_ENDPOINT with protocol http/protobuf or http/json. */
  readonly httpUrl: string;
  /** How it misbehaves; assign to change, {} to heal. */
  faults: Faults;
  /** Requests and items taken. */
  readonly counts: SignalCounts;
  /** Requests that were not taken, by reason. */
  readonly refusals: Refusals;
  /** Requests that arrived whole, refused ones included. */
  readonly requests: number;
  /** Resolves once so many requests have arrived, counted from the start; for a request that will not be answered. */
  arrived(requests: number): Promise<void>;
  /** Stops listening and resets all connections: a collector that is down. */
  pause(): Promise<void>;
  /** Listens again, on the same ports. */
  resume(): Promise<void>;
  close(): Promise<void>;
}

const DEFAULT_MAX_BYTES = 16 * 1024 * 1024;

export async function startReceiver(options: ReceiverOptions): Promise<Receiver> {
  const { host = '127.0.0.1', grpcPort = GRPC_PORT, httpPort = HTTP_PORT, maxBytes = DEFAULT_MAX_BYTES } = options;
  const plan = new FaultPlan();
  plan.faults = options.faults ?? {};
  const intake = new Intake(plan, options);
  const limits = { maxBytes, host, bodies: createBodyBudget() };

  const grpc = grpcSide(intake, limits, (peer) => grpcListener.reset(peer));
  const grpcListener = await listen(host, grpcPort, grpc.onConnection);
  const onHttp = httpSide(intake, limits, (peer) => httpListener.reset(peer));
  const httpListener = await listen(host, httpPort, onHttp);
  const pause = async () => {
    await Promise.all([grpcListener.pause(), httpListener.pause()]);
  };
  return {
    grpcUrl: `http://${host}:${grpcListener.port}`,
    httpUrl: `http://${host}:${httpListener.port}`,
    get faults() {
      return plan.faults;
    },
    set faults(faults) {
      plan.faults = faults;
    },
    get counts() {
      return intake.counts;
    },
    get refusals() {
      return intake.refusals.all;
    },
    get requests() {
      return intake.requests;
    },
    arrived: (requests) => intake.arrived(requests),
    pause,
    resume: async () => {
      await Promise.all([grpcListener.resume(), httpListener.resume()]);
    },
    close: async () => {
      await pause();
      grpc.close();
    },
  };
}
