"""Uploaded lists of workers, and the notes of one of them, in pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from agentsys.errors import NotFound
from agentsys.listing.pages import Listing, Page, Sort, row_as, states_of
from agentsys.listing.request import ListRequest
from agentsys.people import scope
from agentsys.people.models import Agent, User
from agentsys.workers.models import Funding, Programmes, Roster, RosterNote, RosterStatus

REASONS_SHOWN = 8


@dataclass(frozen=True, kw_only=True)
class RosterRow:
    """One upload, and what its import did."""

    id: int
    office_id: int
    agent_name: str  # empty for an office's list
    by_kelurahan: bool  # whether new workers got the agent of their kelurahan
    filename: str
    uploaded_at: datetime
    uploaded_by: str  # empty if it was not recorded
    programmes: Programmes
    funding: Funding
    from_month: date
    as_of: date
    status: RosterStatus
    rows_total: int
    rows_done: int
    rows_per_second: int
    accepted: int
    rejected: int
    repaired: int
    created: int
    changed: int
    unchanged: int
    nobody: int
    hidden: int
    error: str
    sender_id: int | None
    proposer_id: int | None
    proposed_by: str
    decided_by: str
    decision_note: str
    undone_by: str
    undo_reason: str
    undone_at: datetime | None
    can_be_undone: bool
    version_id: int | None  # of a sponsor's list
    handled_at: datetime | None

    @property
    def waits_for_a_person(self) -> bool:
        """Whether it failed or has rejected rows, and nobody has marked it as dealt with."""
        if self.handled_at is not None:
            return False
        refused = self.status is RosterStatus.DONE and self.rejected > 0
        return refused or self.status is RosterStatus.FAILED


@dataclass(frozen=True, kw_only=True)
class NoteRow:
    """What was repaired or refused in one cell, and what to do about it."""

    rejected: bool
    sheet: str
    row: int
    column: str
    problem: str
    shown: str  # the cell, masked where it holds a NIK
    advice: str


def rosters(session: Session, user: User, asked: ListRequest) -> Page[RosterRow]:
    """The uploads that the user may see, the newest first."""
    listing = Listing(
        id=Roster.id,
        sorts={
            "newest": Sort(Roster.uploaded_at, descending=True),
            "file": Sort(Roster.filename),
            "rows": Sort(Roster.rows_total, descending=True),
            "rejected": Sort(Roster.rejected, descending=True),
        },
        search=lambda words: Roster.filename.icontains(words, autoescape=True),
        states=states_of(Roster.status, RosterStatus),
        at=Roster.uploaded_at,
    )
    query = _rosters().where(_visible_to(user))
    return listing.page(session, query, asked).map(lambda row: row_as(RosterRow, row))


def roster_in_scope(session: Session, user: User, roster_id: int) -> RosterRow:
    """One upload that the user may see; NotFound for any other."""
    row = session.execute(_rosters().where(Roster.id == roster_id, _visible_to(user))).one_or_none()
    if row is None:
        raise NotFound()
    return RosterRow(**row._mapping)


def notes(session: Session, *, roster_id: int, asked: ListRequest) -> Page[NoteRow]:
    """What was repaired or refused in one upload, in the order of its rows."""
    listing = Listing(
        id=RosterNote.number,
        sorts={"row": Sort(RosterNote.number)},
        tabs={"rejected": RosterNote.rejected, "repaired": RosterNote.rejected.is_(False)},
        search=lambda words: or_(
            RosterNote.advice.icontains(words, autoescape=True),
            RosterNote.column.icontains(words, autoescape=True),
        ),
    )
    query = select(
        RosterNote.rejected,
        RosterNote.sheet,
        RosterNote.row,
        RosterNote.column,
        RosterNote.problem,
        RosterNote.shown,
        RosterNote.advice,
    ).where(RosterNote.roster_id == roster_id)
    return listing.page(session, query, asked).map(lambda row: row_as(NoteRow, row))


def frequent_refusals(session: Session, *, roster_id: int) -> Sequence[tuple[str, int]]:
    """The advice that was given most often for refused cells, and how often."""
    rows = session.execute(
        select(RosterNote.advice, func.count())
        .where(RosterNote.roster_id == roster_id, RosterNote.rejected)
        .group_by(RosterNote.advice)
        .order_by(func.count().desc(), RosterNote.advice)
        .limit(REASONS_SHOWN)
    )
    return [(advice, int(count)) for advice, count in rows]


def _rosters() -> Select[*tuple[Any, ...]]:
    return select(
        Roster.id,
        Roster.office_id,
        select(func.coalesce(func.max(Agent.name), ""))
        .where(Agent.id == Roster.agent_id)
        .scalar_subquery()
        .label("agent_name"),
        Roster.by_kelurahan,
        Roster.filename,
        Roster.uploaded_at,
        func.coalesce(User.name, "").label("uploaded_by"),
        Roster.programmes,
        Roster.funding,
        Roster.from_month,
        Roster.as_of,
        Roster.status,
        Roster.rows_total,
        Roster.rows_done,
        Roster.rows_per_second,
        Roster.accepted,
        Roster.rejected,
        Roster.repaired,
        Roster.created,
        Roster.changed,
        Roster.unchanged,
        Roster.nobody,
        Roster.hidden,
        Roster.error,
        Roster.uploaded_by.label("sender_id"),
        Roster.proposed_by.label("proposer_id"),
        _name_of(Roster.proposed_by).label("proposed_by"),
        _name_of(Roster.decided_by).label("decided_by"),
        Roster.decision_note,
        _name_of(Roster.undone_by).label("undone_by"),
        Roster.undo_reason,
        Roster.undone_at,
        Roster.workers_after.is_not(None).label("can_be_undone"),
        Roster.version_id,
        Roster.handled_at,
    ).outerjoin(User, User.id == Roster.uploaded_by)


def _name_of(user_id: InstrumentedAttribute[int | None]) -> ColumnElement[str]:
    person = aliased(User)
    found = select(person.name).where(person.id == user_id).scalar_subquery()
    return func.coalesce(found, "")


def _visible_to(user: User) -> ColumnElement[bool]:
    # A list for no agent in particular, such as a government's, is the whole office's.
    return or_(
        scope.of_agent(user, Roster.agent_id, Roster.office_id),
        and_(Roster.agent_id.is_(None), scope.of_office(user, Roster.office_id)),
    )
