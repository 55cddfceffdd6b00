/** Imported for what it does: in the programs of this test file our log is JSON, whose lines have ids to wait for. */
process.env.KF_TEST_LOG_FORMAT = 'json';
