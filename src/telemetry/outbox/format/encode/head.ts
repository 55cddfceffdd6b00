import type { InstrumentationScope } from '@opentelemetry/core';
import type { Resource } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import { writeAttributes } from './encode-attributes.js';
import { Writer } from './writer.js';

/** What stands in front of spans in a request, encoded: it is the same for thousands of them. */
export interface Head {
  /** The fields of a ResourceSpans but for its scopes; the same object for each scope of a resource. */
  readonly resource: Uint8Array;
  /** The fields of a ScopeSpans but for its spans. */
  readonly scope: Uint8Array;
}

interface Known {
  readonly resource: Uint8Array;
  readonly scopes: WeakMap<InstrumentationScope, Head>;
}

/** Encodes each resource and each scope once. */
export class Heads {
  readonly #known = new WeakMap<Resource, Known>();
  readonly #writer = new Writer();
  #last: { resource: Resource; scope: InstrumentationScope; head: Head } | undefined;

  of({ resource, instrumentationScope: scope }: ReadableSpan): Head {
    if (this.#last?.resource === resource && this.#last.scope === scope) return this.#last.head;
    // A detector is still at work: what the resource says now is not what it will say.
    if (resource.asyncAttributesPending) return this.#make(this.#encodeResource(resource), scope);
    const known = this.#known.get(resource) ?? { resource: this.#encodeResource(resource), scopes: new WeakMap() };
    this.#known.set(resource, known);
    const head = known.scopes.get(scope) ?? this.#make(known.resource, scope);
    known.scopes.set(scope, head);
    this.#last = { resource, scope, head };
    return head;
  }

  #make(resource: Uint8Array, scope: InstrumentationScope): Head {
    return { resource, scope: this.#encodeScope(scope) };
  }

  #encodeResource({ attributes, schemaUrl }: Resource): Uint8Array {
    const writer = this.#writer;
    writer.reset();
    const start = writer.begin(0x0a);
    writeAttributes(writer, 0x0a, attributes);
    // The SDK does not count what a resource dropped, and says 0.
    writer.reserve(2);
    writer.byte(0x10);
    writer.byte(0);
    writer.end(start);
    if (schemaUrl) writer.text(0x1a, schemaUrl);
    return Buffer.from(writer.buffer.subarray(0, writer.at));
  }

  #encodeScope(scope: InstrumentationScope & { attributes?: object; droppedAttributesCount?: number }): Uint8Array {
    const writer = this.#writer;
    writer.reset();
    const start = writer.begin(0x0a);
    writer.text(0x0a, scope.name);
    if (scope.version) writer.text(0x12, scope.version);
    if (scope.attributes) writeAttributes(writer, 0x1a, scope.attributes);
    if (scope.droppedAttributesCount) {
      writer.reserve(11);
      writer.byte(0x20);
      writer.varint(scope.droppedAttributesCount);
    }
    writer.end(start);
    if (scope.schemaUrl) writer.text(0x1a, scope.schemaUrl);
    return Buffer.from(writer.buffer.subarray(0, writer.at));
  }
}
