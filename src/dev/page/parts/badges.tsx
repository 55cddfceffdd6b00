import type { WorkerRef } from '../data/contract.js';
import { workerName } from './format.js';

/** `w2 g3`, in the colour of the slot. */
export function WorkerBadge({ worker }: { readonly worker: WorkerRef }) {
  const { slot, generation, pid } = worker;
  if (slot === undefined) return <span class="badge">{pid === undefined ? 'other' : `pid ${pid}`}</span>;
  return (
    <span class={`badge slot-${slot % 8}`} title={`${workerName(worker)}${pid ? `, pid ${pid}` : ''}`}>
      w{slot}
      {generation === undefined ? '' : ` g${generation}`}
    </span>
  );
}

export function StatusBadge({ status, errors }: { readonly status?: number | undefined; readonly errors: number }) {
  const bad = errors > 0 || (status ?? 0) >= 500;
  const odd = (status ?? 0) >= 400;
  return <span class={`badge ${bad ? 'bad' : odd ? 'warn' : 'good'}`}>{status ?? (bad ? 'error' : 'ok')}</span>;
}
