"""Reading and replacing the stored figures of large offices.

For a small office, each view of a page counts and sums the rows. For a large one that would read
hundreds of thousands of rows for one number. So a job does it every few minutes, and pages show the
stored result with its time. An office is large if it has more than LARGE workers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    cast,
    delete,
    func,
    insert,
    literal,
    select,
    true,
)
from sqlalchemy.orm import Session

from agentsys.figures.models import KeptFigure
from agentsys.people import scope
from agentsys.people.models import Office, User
from agentsys.people.permissions import Reach

LARGE = 5_000  # workers
WORKERS, MONTHS, ENROLLED, READY = "workers", "months", "enrolled", "ready"
UNCOMPUTED = "uncomputed"
_OF_OFFICES = {WORKERS: "office_workers", MONTHS: "office_months"}  # sums of those of the agents
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
        .where(KeptFigure.name == _OF_OFFICES[WORKERS], KeptFigure.office_id == Office.id)
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
    """The condition on stored figures of that name that are to be summed for the user."""
    columns: Any = KeptFigure
    if Reach.OFFICE in user.reach():
        return of_offices(user, _OF_OFFICES[name])
    own = KeptFigure.office_id == user.office_id  # an agent's supervisor is of the agent's office
    return (
        (KeptFigure.name == name) & own & scope.of_agent(user, columns.agent_id, columns.office_id)
    )


def of_offices(user: User, name: str) -> ColumnElement[bool]:
    """The condition on stored figures of that name of the user's offices."""
    columns: Any = KeptFigure
    return (KeptFigure.name == name) & scope.of_office(user, columns.office_id)


def large(office_id: Any) -> ColumnElement[bool]:
    """The condition on rows of offices with stored figures."""
    found: Any = select(KeptFigure.office_id).where(KeptFigure.name == _OF_OFFICES[WORKERS])
    condition: ColumnElement[bool] = office_id.in_(found)
    return condition


def replace(session: Session, name: str, figures: Any) -> None:
    """Replace the stored figures of that name by the rows of this query; columns match by name."""
    session.info.pop(_SPLITS, None)
    session.execute(delete(KeptFigure).where(KeptFigure.name == name))
    names = [column.name for column in figures.selected_columns]
    session.execute(insert(KeptFigure).from_select(names, figures))
    if name in _OF_OFFICES:
        _replace_sums(session, name)


def _replace_sums(session: Session, name: str) -> None:
    of_offices = _OF_OFFICES[name]
    figure = KeptFigure
    sums = (func.sum(figure.count), func.sum(figure.amount_idr), func.sum(figure.of_idr))
    replace(
        session,
        of_offices,
        select(
            literal(of_offices).label("name"),
            figure.office_id,
            literal(0).label("agent_id"),
            figure.month,
            *(
                cast(found, BigInteger).label(column)
                for found, column in zip(sums, ("count", "amount_idr", "of_idr"), strict=True)
            ),
            func.min(figure.at).label("at"),
        )
        .where(figure.name == name)
        .group_by(figure.office_id, figure.month),
    )


def forget(session: Session, name: str, *, office_id: int) -> None:
    """Delete an office's figure: rows are read until the job stores it again."""
    session.execute(
        delete(KeptFigure).where(KeptFigure.name == name, KeptFigure.office_id == office_id)
    )
