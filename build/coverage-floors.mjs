/**
 * The lowest share of lines, in percent, that unit tests may cover in a room: what was measured on 2026-11-28, and a point or two
 * less.
 */
export const FLOORS = {
  api: 94,
  cli: 93,
  config: 97,
  contract: 96,
  control: 97,
  core: 99,
  dev: 94,
  diagnose: 98,
  hooks: 97,
  'otel-env': 98,
  platforms: 92,
  run: 92,
  src: 0,
  supervisor: 93,
  system: 96,
  telemetry: 95,
  worker: 93,
};
