/**
 * The lowest share of lines, in percent, that unit tests may cover in a room: what was measured on 2026-11-27 (of cli and
 * telemetry on 2026-11-28), and a point or two less.
 */
export const FLOORS = {
  api: 94,
  cli: 92,
  config: 92,
  contract: 94,
  control: 94,
  core: 99,
  dev: 92,
  diagnose: 95,
  hooks: 90,
  'otel-env': 98,
  platforms: 83,
  run: 92,
  src: 0,
  supervisor: 86,
  system: 96,
  telemetry: 94,
  worker: 92,
};
