"""Reading the versions of an agreement's list, and how one differs from whom it names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session, aliased

from agentsys.agreements.kinds import VersionState
from agentsys.agreements.models import Agreement, ListVersion, VersionPerson
from agentsys.errors import NotFound
from agentsys.people import scope
from agentsys.people.models import User
from agentsys.sponsors import versions as service
from agentsys.sponsors.versions import Compared
from agentsys.workers.models import Enrolment, Roster, Worker

EXAMPLES = 12  # names of each kind on a version's page
VERSIONS = 50  # of an agreement's page, the newest

Name = tuple[int, str, str]  # a worker's id, name and kelurahan


@dataclass(frozen=True, kw_only=True)
class VersionRow:
    """One version of an agreement's list."""

    id: int
    agreement_id: int
    number: int
    decree: str
    decreed_on: date
    from_month: date
    whole: bool
    state: VersionState
    people: int
    added: int
    left: int
    changed: int
    same: int
    made_by: int | None
    made_by_name: str
    made_at: datetime
    decided_by_name: str
    decided_at: datetime | None
    note: str


@dataclass(frozen=True, kw_only=True)
class Difference:
    """How a version that is not decided yet differs from whom the agreement names."""

    counts: Compared
    examples: Mapping[str, Sequence[Name]]  # by `added`, `left`, `changed`


def versions(session: Session, agreement_id: int) -> Sequence[VersionRow]:
    """The versions of an agreement's list, the newest first."""
    query = _versions().where(ListVersion.agreement_id == agreement_id)
    rows = session.execute(query.order_by(ListVersion.number.desc()).limit(VERSIONS))
    return [VersionRow(**row._mapping) for row in rows]


def version_in_scope(session: Session, user: User, version_id: int) -> VersionRow:
    """One version of a list; NotFound if it is not of the user's offices."""
    query = _versions().join(Agreement, Agreement.id == ListVersion.agreement_id)
    query = query.where(ListVersion.id == version_id, scope.of_office(user, Agreement.office_id))
    row = session.execute(query).one_or_none()
    if row is None:
        raise NotFound()
    return VersionRow(**row._mapping)


def names_of(session: Session, worker_ids: Sequence[int]) -> Sequence[tuple[int, str, str]]:
    """The id, name and kelurahan of the first of these workers, for examples on a page."""
    rows = session.execute(
        select(Worker.id, Worker.name, Worker.kelurahan)
        .where(Worker.id.in_(worker_ids[:EXAMPLES]))
        .order_by(Worker.name, Worker.id)
    )
    return [(key, name, kelurahan) for key, name, kelurahan in rows]


def difference(session: Session, found: VersionRow, *, examples_of: Sequence[str]) -> Difference:
    """How a version differs from whom its agreement names now, with the first names of each."""
    stored = session.get_one(ListVersion, found.id)
    return Difference(
        counts=service.compare(session, stored),
        examples={
            what: names_of(session, service.people_of(session, stored, what))
            for what in examples_of
        },
    )


def not_members(session: Session, version_id: int) -> int:
    """How many workers of a version never were members: recorded, and paid for by nobody."""
    query = select(func.count()).where(
        VersionPerson.version_id == version_id,
        ~exists().where(Enrolment.worker_id == VersionPerson.worker_id),
        exists().where(Worker.id == VersionPerson.worker_id, Worker.merged_into.is_(None)),
    )
    return session.scalar(query) or 0


def file_of(session: Session, version_id: int) -> int | None:
    """The uploaded list with the version's people; None if it was not made from a file."""
    query = select(Roster.id).where(Roster.version_id == version_id)
    return session.scalar(query.order_by(Roster.id.desc()).limit(1))


def _versions() -> Any:
    maker, decider = aliased(User), aliased(User)
    return (
        select(
            ListVersion.id,
            ListVersion.agreement_id,
            ListVersion.number,
            ListVersion.decree,
            ListVersion.decreed_on,
            ListVersion.from_month,
            ListVersion.whole,
            ListVersion.state,
            ListVersion.people,
            ListVersion.added,
            ListVersion.left.label("left"),
            ListVersion.changed,
            ListVersion.same,
            ListVersion.made_by,
            func.coalesce(maker.name, "").label("made_by_name"),
            ListVersion.made_at,
            func.coalesce(decider.name, "").label("decided_by_name"),
            ListVersion.decided_at,
            ListVersion.note,
        )
        .outerjoin(maker, maker.id == ListVersion.made_by)
        .outerjoin(decider, decider.id == ListVersion.decided_by)
    )
