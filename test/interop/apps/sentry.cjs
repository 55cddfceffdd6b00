const Sentry = require('@sentry/node');

const beside = process.env.BESIDE === '1';
Sentry.init({
  dsn: `http://key@127.0.0.1:${process.env.AGENT_PORT}/1`,
  tracesSampleRate: 1,
  ...(beside && {
    skipOpenTelemetrySetup: true,
    integrations: [Sentry.httpIntegration({ spans: false }), Sentry.nativeNodeFetchIntegration({ spans: false })],
  }),
});
Sentry.captureMessage('started');
require('./express.cjs');
