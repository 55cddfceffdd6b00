/** Bodies that are being read, of HTTP and gRPC together, in bytes. A body is inflated and decoded in one go. */
const MAX_BODIES_BYTES = 64 * 1024 * 1024;

export interface BodyBudget {
  /** False, and nothing is taken, when there is no room for so many bytes. */
  take(bytes: number): boolean;
  giveBack(bytes: number): void;
}

export function createBodyBudget(most: number = MAX_BODIES_BYTES): BodyBudget {
  let taken = 0;
  return {
    take: (bytes) => {
      if (taken + bytes > most) return false;
      taken += bytes;
      return true;
    },
    giveBack: (bytes) => {
      taken -= bytes;
    },
  };
}
