import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * Makes Node 24 choose how it carries async context, by asking for AsyncLocalStorage, before anything else has run. It
 * chooses at the first question, by giving its class of contexts another prototype. When its own timers and ticks have
 * asked that class a few times by then, V8 never makes the new prototype fast, and takes to compiling the constructor of
 * contexts again and again, for nothing: 10 us for each request that is traced, and no less for an app with contexts of
 * its own.
 */
export function chooseAsyncContext(): void {
  new AsyncLocalStorage();
}
