export type {
  Hooks,
  PrimaryHooks,
  ShutdownContext,
  SpanAccount,
  StopReason,
  Worker,
  WorkerExit,
  WorkerHooks,
  WorkerProvider,
} from '../../hooks/types.js';
export { defineConfig, type UserConfig, type UserOptions } from '../config/define.js';
export { type ErrorCode, KfError } from '../contract/errors.js';
export type { News } from '../core/types.js';
export type { Status, WorkerStatus } from '../supervisor/status.js';
export { type Cluster, type ClusterEvents, cluster, type OneFileOptions, type SetupOptions } from './setup.js';
