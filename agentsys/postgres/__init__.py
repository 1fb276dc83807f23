"""An embedded PostgreSQL: `EmbeddedPostgres(home).start()` gives the URL of a running server."""

from __future__ import annotations

from agentsys.postgres.problem import PostgresProblem
from agentsys.postgres.server import EmbeddedPostgres

__all__ = ["EmbeddedPostgres", "PostgresProblem"]
