import cluster from 'node:cluster';

// The primary passes on what the adapters of the workers say to each other.
export async function onStarting() {
  const { setupPrimary } = await import('@socket.io/cluster-adapter');
  cluster.setupPrimary({ serialization: 'advanced' }); // for packets with buffers in them; objects alone need no such line
  setupPrimary();
}
