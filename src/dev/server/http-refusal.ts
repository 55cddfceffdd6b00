import type { Refusal } from '../page-api.js';

/** A request that is not served, and what to do about it. */
export class HttpRefusal extends Error {
  override readonly name = 'HttpRefusal';
  readonly status: number;
  readonly body: Refusal;

  constructor(status: number, what: string, fix: string, at?: number) {
    super(what);
    this.status = status;
    this.body = { what, fix, ...(at !== undefined && { at }) };
  }
}
