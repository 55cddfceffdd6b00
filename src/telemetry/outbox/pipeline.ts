import { tableOf } from '../../contract/table-keys.js';
import { Account, type OnDrop } from './account.js';
import { type Encoding, SIGNALS, type Signal } from './format/record.js';
import type { SpoolPorts, Warn } from './outbox-ports.js';
import { Connections } from './send/collector-connections.js';
import type { Transport } from './send/outcome.js';
import { Sender, type SenderOptions } from './send/sender.js';
import type { Journal } from './store/journal.js';
import { type Delivery, Store, type StoreOptions } from './store/store.js';

/** A collector, as one signal sees it. */
export interface Destination {
  /** Makes a connection; see `connector`. */
  readonly connect: () => Transport;
  /** Encoding of new records: `json` only for http/json. */
  readonly encoding: Encoding;
  readonly sender?: Pick<SenderOptions, 'maxRequestBytes' | 'maxInFlight' | 'requestTimeoutMs'>;
}

/** What one signal has of its own, so that no signal waits for another's endpoint; the journal is shared. */
export interface Pipeline {
  readonly account: Account;
  readonly encoding: Encoding;
  readonly store: Store;
  readonly sender: Sender;
}

interface PipelineParts extends Pick<StoreOptions, 'maxAgeMs' | 'maxMemoryBytes'> {
  readonly delivery: Delivery;
  readonly journal: Journal | undefined;
  /** Where spans go, and what is not in `others`, over the same connection. */
  readonly destination: Destination;
  readonly others: Partial<Record<Signal, Destination>>;
  readonly ports: SpoolPorts;
  readonly warn: Warn;
  readonly onDrop: OnDrop;
}

export type Pipelines = Readonly<Record<Signal, Pipeline>>;

export function createPipelines(parts: PipelineParts): Pipelines {
  const { delivery, journal, destination, others, ports, warn, onDrop, ...limits } = parts;
  const accounts = bySignal((signal) => new Account({ signal, now: ports.now, onDrop }));
  const shared = new Connections(destination.connect);
  // The journal gets a record per turn or span; a request for each would cost more than all the rest.
  const lingerMs = delivery === 'journal' ? 1_000 : 0;
  return bySignal((signal) => {
    const own = others[signal];
    const { encoding, sender } = own ?? destination;
    const connections = own ? new Connections(own.connect) : shared;
    const store = new Store({ delivery, journal, accounts, ports, ...limits });
    const senderParts = { store, connections, accounts, ports, warn };
    return { account: accounts[signal], encoding, store, sender: new Sender({ lingerMs, ...sender, ...senderParts }) };
  });
}

export function bySignal<T>(make: (signal: Signal) => T): Readonly<Record<Signal, T>> {
  return tableOf(SIGNALS, make);
}
