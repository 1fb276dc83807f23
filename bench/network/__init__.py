"""A large network of agents with history, built by COPY and SQL and kept for benchmarks."""
