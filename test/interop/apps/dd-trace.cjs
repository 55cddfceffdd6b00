require('dd-trace').init({ port: Number(process.env.AGENT_PORT), startupLogs: false });
require('./express.cjs');
