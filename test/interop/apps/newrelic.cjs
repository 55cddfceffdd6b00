require('newrelic');
require('./express.cjs');
