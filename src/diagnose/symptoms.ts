/** What a user sees, in the order of docs/guides/TROUBLESHOOTING.md: its headings, and what each check answers. */
export const SYMPTOMS = {
  'no-traces': 'No traces appear',
  'broken-traces': 'Partial or broken traces',
  'lost-spans': 'Spans are dropped or silently lost',
  sampling: 'Fewer traces than requests',
  authentication: 'API key or authentication errors',
  'not-attached': 'The instrumentation does not attach',
  'too-late': 'A library or the API is used before the SDK',
  workers: 'Telemetry across forked workers',
  context: 'Spans are not linked across asynchronous work',
  'service-map': 'Missing from the service map',
  protocol: 'Wrong OTLP protocol, gRPC or HTTP',
  versions: 'SDK version conflicts',
  connection: 'TLS or connection errors',
  cardinality: 'High cardinality',
  environment: 'Unsupported environment',
  deployment: 'The deployment fails or ends too soon',
  'service-name': 'Several services show the same name',
  validation: 'Validating the set-up',
} as const;

export type Symptom = keyof typeof SYMPTOMS;
