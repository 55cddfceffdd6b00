// Imported first: the tests that come behind it speak gRPC by OpenTelemetry's own client.
process.env.KF_TEST_GRPC_CLIENT = 'upstream';
