require('elastic-apm-node').start({ serverUrl: `http://127.0.0.1:${process.env.AGENT_PORT}`, serviceName: 'shop' });
require('./express.cjs');
