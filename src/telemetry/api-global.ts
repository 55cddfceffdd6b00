/** Where every 1.x copy of @opentelemetry/api keeps what was registered, in a table. */
export const API_GLOBAL = Symbol.for('opentelemetry.js.api.1');
