"""Reading and replacing the stored figures of large offices.

For a small office, each view of a page counts and sums the rows. For a large one that would read
hundreds of thousands of rows for one number. So a job does it every few minutes, and pages show the
stored result with its time. An office is large if it has more than LARGE workers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, func, insert, select, true
from sqlalchemy.orm import Session

from agentsys.figures.models import KeptFigure
from agentsys.people import scope
from agentsys.people.models import Office, User
from agentsys.people.permissions import Reach

LARGE = 5_000  # workers
WORKERS, MONTHS, ENROLLED, READY = "workers", "months", "enrolled", "ready"
UNCOMPUTED = "uncomputed"
_SPLITS = "splits of kept figures"  # the session's transaction, and what was found in it


@dataclass(frozen=True)
class Split:
    """For which offices of a user stored figures are used, and for which the rows are read."""

    kept: frozenset[int]
    read: frozenset[int]
    at: datetime | None = None  # when the oldest of the kept figures was read

    def reads(self, office_id: Any) -> ColumnElement[bool]:
        """The condition on rows of the offices for which the rows are read."""
        return true() if not self.kept else office_id.in_(self.read)


def split(session: Session, user: User) -> Split:
    """Divide the user's offices; figures of a single agent's own rows are never stored.

    This is decided once per transaction, so that it is the same for all figures of a page.
    """
    if user.reach() <= {Reach.OWN}:
        return Split(frozenset(), frozenset((0,)))
    transaction, found = session.info.get(_SPLITS, (None, {}))
    if transaction is None or transaction is not session.get_transaction():
        session.info[_SPLITS] = (session.get_transaction(), found := {})
    key = (user.id, user.office_id, frozenset(user.reach()))
    if key not in found:
        found[key] = _split(session, user)
        session.info[_SPLITS] = (session.get_transaction(), found)
    split: Split = found[key]
    return split


def _split(session: Session, user: User) -> Split:
    kept_at = (
        select(func.min(KeptFigure.at))
        .where(KeptFigure.name == WORKERS, KeptFigure.office_id == Office.id)
        .scalar_subquery()
    )
    query = select(Office.id, kept_at)
    if Reach.TEAM not in user.reach():
        query = query.where(scope.of_office(user, Office.id))
    offices = {number: at for number, at in session.execute(query)}
    times = {number: at for number, at in offices.items() if at is not None}
    return Split(
        kept=frozenset(times),
        read=frozenset(offices.keys() - times.keys()),
        at=min(times.values(), default=None),
    )


def shown_at(session: Session, user: User) -> datetime | None:
    """When the kept figures that the user sees were read; None if the user sees none."""
    return split(session, user).at


def of(user: User, name: str) -> ColumnElement[bool]:
    """The condition on stored figures of that name that the user may see."""
    columns: Any = KeptFigure
    seen = scope.of_agent(user, columns.agent_id, columns.office_id)
    return (KeptFigure.name == name) & seen


def of_offices(user: User, name: str) -> ColumnElement[bool]:
    """The condition on stored figures of that name of the user's offices."""
    columns: Any = KeptFigure
    return (KeptFigure.name == name) & scope.of_office(user, columns.office_id)


def large(office_id: Any) -> ColumnElement[bool]:
    """The condition on rows of offices with stored figures."""
    found: Any = select(KeptFigure.office_id).where(KeptFigure.name == WORKERS)
    condition: ColumnElement[bool] = office_id.in_(found)
    return condition


def replace(session: Session, name: str, figures: Any) -> None:
    """Replace the stored figures of that name by the rows of this query; columns match by name."""
    session.info.pop(_SPLITS, None)
    session.execute(delete(KeptFigure).where(KeptFigure.name == name))
    names = [column.name for column in figures.selected_columns]
    session.execute(insert(KeptFigure).from_select(names, figures))


def forget(session: Session, name: str, *, office_id: int) -> None:
    """Delete an office's figure: rows are read until the job stores it again."""
    session.execute(
        delete(KeptFigure).where(KeptFigure.name == name, KeptFigure.office_id == office_id)
    )
