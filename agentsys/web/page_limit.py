"""A statement timeout of a few seconds for pages that only read."""

from __future__ import annotations

from typing import Any

import psycopg
from flask import has_request_context, request
from sqlalchemy import event
from sqlalchemy.pool import Pool

from agentsys.connections import STATEMENT_LIMIT_S as USUAL_S
from agentsys.connections import limit_statements

STATEMENT_LIMIT_S = 8
_SAFE = ("GET", "HEAD")


def init_app() -> None:
    """Limit the statements of connections that serve a page."""
    if not event.contains(Pool, "checkout", _limit):
        event.listen(Pool, "checkout", _limit)


def _limit(connection: psycopg.Connection[Any], record: Any, _: Any) -> None:
    """Set the limit, unless the connection was last used with the same one."""
    reads = has_request_context() and request.method in _SAFE
    limit = STATEMENT_LIMIT_S if reads else USUAL_S
    if record.info.get("statement_limit_s", USUAL_S) == limit:
        return
    limit_statements(connection, limit)
    record.info["statement_limit_s"] = limit
