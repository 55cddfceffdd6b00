// The stable names only, for the bundle: the package's index also holds every deprecated one, 190 kB to compile at each
// boot. A name that is missing here fails the build for ES modules, and test/telemetry for the CommonJS instrumentations.
export * from '../../../node_modules/@opentelemetry/semantic-conventions/dist/stable_attributes.mjs';
export * from '../../../node_modules/@opentelemetry/semantic-conventions/dist/stable_metrics.mjs';
