/**
 * The lowest share of lines, in percent, that unit tests may cover in a room: what was measured, rounded down. Where processes
 * are the test (api, cli, control, run, worker), the share is low: their bundles are tested as users run them.
 */
export const FLOORS = {
  api: 0,
  cli: 36,
  config: 91,
  contract: 83,
  control: 24,
  core: 99,
  dev: 63,
  diagnose: 62,
  hooks: 41,
  'otel-env': 98,
  platforms: 71,
  run: 6,
  src: 0,
  supervisor: 66,
  system: 69,
  telemetry: 57,
  worker: 10,
};
