const throng = require('throng');
throng({ count: Number(process.env.BENCH_WORKERS), worker: () => void require('./app.cjs') });
