"""Shared parts of the benchmarks of web servers: open payments, servers, clients."""
