"""Pairs of workers who may be one person, as a user may see them.

Of a worker in another office, a user of one office sees the office only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, true
from sqlalchemy.orm import Session, aliased

from agentsys.duplicates.models import DuplicatePair, PairState
from agentsys.duplicates.rules import Reason
from agentsys.errors import NotFound
from agentsys.listing.pages import Listing, Page, Sort
from agentsys.listing.request import ListRequest
from agentsys.listing.words import matches
from agentsys.people import scope
from agentsys.people.models import Agent, Office, User
from agentsys.people.permissions import Permission
from agentsys.workers.models import Worker

COUNTED = 1_000  # rows that are counted at most
_First, _Second = aliased(Worker, name="one"), aliased(Worker, name="other")
_FIELDS = ("name", "nik_masked", "kpj", "phone", "birth_date", "sex", "kelurahan", "created_at")


@dataclass(frozen=True, kw_only=True)
class Side:
    """One worker of a pair; only the office if it is not the user's."""

    worker_id: int
    office_name: str
    hidden: bool
    agent_name: str = ""
    name: str = ""
    nik_masked: str = ""
    kpj: str = ""
    phone: str = ""
    birth_date: date | None = None
    sex: str = ""
    kelurahan: str = ""
    created_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class PairRow:
    """Two workers who may be one person."""

    id: int
    score: int
    reasons: Mapping[Reason, int]
    state: PairState
    found_at: datetime
    decided_by: str  # empty while nobody decided
    decided_at: datetime | None
    note: str
    sides: tuple[Side, Side]

    @property
    def across(self) -> bool:
        """Whether the user may not see one of the two."""
        return any(side.hidden for side in self.sides)


def pairs(session: Session, user: User, asked: ListRequest) -> Page[PairRow]:
    """The pairs of which one worker is in the user's reach."""
    listing = Listing(
        id=DuplicatePair.id,
        sorts={
            "score": Sort(DuplicatePair.score, descending=True),
            "found": Sort(DuplicatePair.id, descending=True),
        },
        search=lambda words: or_(
            and_(_seen(user, _First), matches(words, _First.name)),
            and_(_seen(user, _Second), matches(words, _Second.name)),
        ),
        tabs={
            "open": DuplicatePair.state == PairState.OPEN,
            "different": DuplicatePair.state == PairState.DIFFERENT,
            "merged": DuplicatePair.state == PairState.MERGED,
        },
        states={
            reason.value: DuplicatePair.reasons.has_key(reason.value)
            for reason in Reason
            if reason is not Reason.OTHER_SEX
        },
        counted=COUNTED,
    )
    asked = replace(asked, tab=asked.tab or "open")
    return listing.page(session, _rows(user), asked).map(lambda row: _row(user, row))


def pair_in_scope(session: Session, user: User, pair_id: int) -> PairRow:
    """One pair; NotFound if neither worker is in the user's reach."""
    row = session.execute(_rows(user).where(DuplicatePair.id == pair_id)).one_or_none()
    if row is None:
        raise NotFound()
    return _row(user, row)


def of_worker(session: Session, user: User, *, worker_id: int) -> Sequence[PairRow]:
    """The open pairs of one worker, the surest first."""
    rows = session.execute(
        _rows(user)
        .where(
            DuplicatePair.id.in_(_ids_of(worker_id)),
            DuplicatePair.state == PairState.OPEN,
        )
        .order_by(DuplicatePair.score.desc(), DuplicatePair.id)
        .limit(5)
    )
    return [_row(user, row) for row in rows]


def best_score(session: Session, *, worker_id: int) -> int:
    """The points of the surest open pair of a worker; 0 if there is none."""
    found = session.scalar(
        select(func.max(DuplicatePair.score)).where(
            DuplicatePair.id.in_(_ids_of(worker_id)), DuplicatePair.state == PairState.OPEN
        )
    )
    return int(found or 0)


def _ids_of(worker_id: int) -> Any:
    """The pairs of a worker, by the two indexes."""
    first = select(DuplicatePair.id).where(DuplicatePair.first_id == worker_id)
    return first.union_all(select(DuplicatePair.id).where(DuplicatePair.second_id == worker_id))


def _seen(user: User, worker: Any) -> ColumnElement[bool]:
    """The workers who are shown: of the user's office, or of any office."""
    if user.office_id is None:
        return scope.of_agent(user, worker.agent_id, worker.office_id, to=Permission.DUPLICATE_READ)
    own: ColumnElement[bool] = worker.office_id == user.office_id
    return own


def _in_reach(user: User) -> ColumnElement[bool]:
    """One worker is in reach: whose team has one of two may compare both within the office."""
    if user.office_id is None and user.sees_all_offices and not user.only_in_the_field:
        return true()
    return or_(
        *(
            scope.of_agent(user, worker.agent_id, worker.office_id, to=Permission.DUPLICATE_READ)
            for worker in (_First, _Second)
        )
    )


def _rows(user: User) -> Select[*tuple[Any, ...]]:
    columns: list[Any] = []
    query: Select[Any] = select(
        DuplicatePair.id,
        DuplicatePair.score,
        DuplicatePair.reasons,
        DuplicatePair.state,
        DuplicatePair.found_at,
        func.coalesce(User.name, "").label("decided_by"),
        DuplicatePair.decided_at,
        DuplicatePair.note,
    ).outerjoin(User, User.id == DuplicatePair.decided_by)
    for prefix, worker, key in (
        ("a", _First, DuplicatePair.first_id),
        ("b", _Second, DuplicatePair.second_id),
    ):
        agent, office = aliased(Agent), aliased(Office)
        query = (
            query.join(worker, worker.id == key)
            .join(office, office.id == worker.office_id)
            .outerjoin(agent, agent.id == worker.agent_id)
        )
        columns += [
            worker.id.label(f"{prefix}_worker_id"),
            worker.office_id.label(f"{prefix}_office_id"),
            office.name.label(f"{prefix}_office_name"),
            func.coalesce(agent.name, "").label(f"{prefix}_agent_name"),
            *(getattr(worker, name).label(f"{prefix}_{name}") for name in _FIELDS),
        ]
    return query.add_columns(*columns).where(_in_reach(user))


def _row(user: User, row: Any) -> PairRow:
    values = row._mapping
    own = {
        name: values[name]
        for name in ("id", "score", "state", "found_at", "decided_by", "decided_at", "note")
    }
    reasons = {Reason(name): int(points) for name, points in values["reasons"].items()}
    return PairRow(
        **own,
        reasons={each: reasons[each] for each in Reason if each in reasons},
        sides=(_side(user, values, "a"), _side(user, values, "b")),
    )


def _side(user: User, values: Any, prefix: str) -> Side:
    worker_id, office_name = values[f"{prefix}_worker_id"], values[f"{prefix}_office_name"]
    if user.office_id not in (values[f"{prefix}_office_id"], None):
        return Side(worker_id=worker_id, office_name=office_name, hidden=True)
    return Side(
        worker_id=worker_id,
        office_name=office_name,
        hidden=False,
        agent_name=values[f"{prefix}_agent_name"],
        **{name: values[f"{prefix}_{name}"] for name in _FIELDS},
    )
