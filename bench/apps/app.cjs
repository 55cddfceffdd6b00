// The app of every contender. careless: out at the signal, spans flushed at most; careful: drains by hand before that.
const provider = process.env.BENCH_SDK ? require('./tracing.cjs') : undefined;
const pem = (name) => require('node:fs').readFileSync(`${__dirname}/../../test/fixtures/tls/${name}.pem`);
const tls = () => ({ key: pem('key'), cert: pem('cert') });
const create = {
  http: (handler) => require('node:http').createServer(handler),
  https: (handler) => require('node:https').createServer(tls(), handler),
  h2: (handler) => require('node:http2').createSecureServer(tls(), handler),
};
const server = create[process.env.BENCH_PROTOCOL ?? 'http'](require(process.env.BENCH_APP ?? './handler.cjs'));
if (process.env.BENCH_KEEP_ALIVE_MS) server.keepAliveTimeout = Number(process.env.BENCH_KEEP_ALIVE_MS);
server.listen(Number(process.env.PORT), '127.0.0.1', () => console.log(`listening ${process.pid}`));

const leave = () => Promise.resolve(provider?.shutdown()).then(() => process.exit(0));
const careful = process.env.BENCH_CAREFUL !== undefined;
const drain = () => {
  server.prependListener('request', (_request, response) => response.setHeader('connection', 'close'));
  server.close(leave);
};
const onSignal = careful ? drain : provider && leave;
// pm2 signals with INT, the others with TERM.
if (onSignal) for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, onSignal);
