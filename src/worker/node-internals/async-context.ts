import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * Makes Node 24 choose how it carries async context, by asking for AsyncLocalStorage, before anything else has run. It
 * chooses at the first question, by giving its class of contexts another prototype. When its own timers and ticks have
 * asked that class a few times by then, V8 never makes the new prototype fast, and takes to compiling the constructor of
 * contexts again and again, for nothing: a tenth of the processor time of a request with a few contexts.
 */
export function chooseAsyncContext(): void {
  new AsyncLocalStorage();
}
