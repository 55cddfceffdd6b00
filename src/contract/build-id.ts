/** Set by the build. */
declare const __KF_BUILD_ID: string;

/**
 * Names what this code was built from, as `version+hash`. A primary and its workers have to be of one build: what they send
 * each other has no other version. Code that is not bundled (the tests of this package) has one name for all.
 */
export const BUILD = typeof __KF_BUILD_ID === 'undefined' ? 'unbundled' : __KF_BUILD_ID;
