"""Queries of open work, compiled once for all users of the same roles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Select
from sqlalchemy.orm import Session

from agentsys.people import written_query
from agentsys.people.models import User
from agentsys.work import open_items


def rows(
    session: Session, user: User, build: Callable[..., Select[Any]], *more: Any
) -> Sequence[Any]:
    """The rows, as tuples, of the query that `build` makes for somebody with the user's roles."""
    return written_query.rows(session, user, build, *more, values=open_items.moments())
