/** The source name of the built-in pair. */
export const TELEMETRY = 'telemetry';
