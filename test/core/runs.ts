/** How many runs a property gets. `KF_PROPERTY_RUNS` lowers it: mutation testing runs them hundreds of times. */
export function runs(count: number): number {
  return Math.min(count, Number(process.env.KF_PROPERTY_RUNS ?? count));
}
