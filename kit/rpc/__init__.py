"""gRPC as every process speaks it: server, channels, interceptors, calls by name."""
