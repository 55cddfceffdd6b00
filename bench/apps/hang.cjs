// The app of bench/hang: SIGUSR2 blocks its event loop for ever, in a loop of its own or asleep (BENCH_BLOCK=sleep).
require('./app.cjs');

function block() {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  if (process.env.BENCH_BLOCK === 'sleep') Atomics.wait(cell, 0, 0);
  for (;;);
}
process.on('SIGUSR2', block);
