"""A network of agents as large as wanted, with its history, built by COPY and SQL and kept."""
