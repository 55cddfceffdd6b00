/** The lowest share of lines, in percent, that unit tests may cover in a room. Only what was measured, rounded down, stands here. */
export const FLOORS = {};
