"""Reading and replacing the kept figures of large offices.

A small office is counted and summed on each view. In a large one that would read hundreds of
thousands of rows for one number, so a job does it every few minutes, and pages read what it kept,
with the time. An office is large when it has more than LARGE workers.
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
    """Which offices of a user are read from kept figures, and which from the rows themselves."""

    kept: frozenset[int]
    read: frozenset[int]
    at: datetime | None = None  # when the oldest of the kept figures was read

    def reads(self, office_id: Any) -> ColumnElement[bool]:
        """The condition on rows of the offices that are read from the rows themselves."""
        return true() if not self.kept else office_id.in_(self.read)


def split(session: Session, user: User) -> Split:
    """How the offices are read whose rows the user may see; an agent's own rows are never kept.

    Found once in a transaction, so that all figures of a page treat an office the same way.
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
    """The condition on the kept figures of that name that belong to what the user may see."""
    columns: Any = KeptFigure
    seen = scope.of_agent(user, columns.agent_id, columns.office_id)
    return (KeptFigure.name == name) & seen


def of_offices(user: User, name: str) -> ColumnElement[bool]:
    """The condition on the kept figures of that name of the user's offices."""
    columns: Any = KeptFigure
    return (KeptFigure.name == name) & scope.of_office(user, columns.office_id)


def large(office_id: Any) -> ColumnElement[bool]:
    """The condition on rows of offices whose figures are kept."""
    found: Any = select(KeptFigure.office_id).where(KeptFigure.name == WORKERS)
    condition: ColumnElement[bool] = office_id.in_(found)
    return condition


def replace(session: Session, name: str, figures: Any) -> None:
    """Keep these figures, whose columns are named as the table's, instead of those of that name."""
    session.info.pop(_SPLITS, None)
    session.execute(delete(KeptFigure).where(KeptFigure.name == name))
    names = [column.name for column in figures.selected_columns]
    session.execute(insert(KeptFigure).from_select(names, figures))


def forget(session: Session, name: str, *, office_id: int) -> None:
    """Let an office's figure be read from the rows until it is kept again."""
    session.execute(
        delete(KeptFigure).where(KeptFigure.name == name, KeptFigure.office_id == office_id)
    )
