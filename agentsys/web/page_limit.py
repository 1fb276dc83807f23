"""A statement timeout of a few seconds for pages that only read."""

from __future__ import annotations

from flask import has_request_context, request
from sqlalchemy import Connection, event
from sqlalchemy.orm import Session, SessionTransaction

STATEMENT_LIMIT_S = 8
_SAFE = ("GET", "HEAD")


def init_app() -> None:
    """Limit the statements of sessions that begin while a page is asked for."""
    if not event.contains(Session, "after_begin", _limit):
        event.listen(Session, "after_begin", _limit)


def _limit(_: Session, transaction: SessionTransaction, connection: Connection) -> None:
    if not transaction.nested and has_request_context() and request.method in _SAFE:
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = '{STATEMENT_LIMIT_S}s'")
