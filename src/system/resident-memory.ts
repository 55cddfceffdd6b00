/**
 * Resident bytes of this process. Node opens a file to learn them, and throws in a process that is out of descriptors
 * (EMFILE) or whose system is (ENFILE): a look at a worker must not end it. Then it is the highest value so far, which
 * the kernel keeps and returns without a file.
 */
export function residentBytes(): number {
  try {
    return process.memoryUsage.rss();
  } catch {
    return process.resourceUsage().maxRSS * 1_024;
  }
}
