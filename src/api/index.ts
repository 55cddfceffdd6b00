export type { Hooks, PrimaryHooks, ShutdownContext, Worker, WorkerHooks, WorkerProvider } from '../../hooks/types.js';
export { defineConfig, type UserConfig, type UserOptions } from '../config/define.js';
export { type ErrorCode, KfError } from '../contract/errors.js';
export type { StopReason } from '../contract/exit-reasons.js';
export type { SpanAccount } from '../contract/item-account.js';
export type { Status, WorkerStatus } from '../contract/status.js';
export type { WorkerExit } from '../contract/worker-exit.js';
export type { Notification } from '../core/types.js';
export { type Cluster, type ClusterEvents, cluster, type OneFileOptions, type SetupOptions } from './setup.js';
