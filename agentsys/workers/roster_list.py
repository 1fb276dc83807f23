"""Uploaded lists of workers, and the notes of one of them, in pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from agentsys.listing.pages import Listing, Page, Sort, states_of
from agentsys.listing.request import ListRequest
from agentsys.people import scope
from agentsys.people.models import User
from agentsys.workers.models import Roster, RosterNote, RosterStatus

REASONS_SHOWN = 8


@dataclass(frozen=True)
class RosterRow:
    """One upload, and the name of who uploaded it; empty if it was not recorded."""

    roster: Roster
    uploaded_by: str


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
    statement = (
        select(Roster, func.coalesce(User.name, ""))
        .outerjoin(User, User.id == Roster.uploaded_by)
        .where(_visible_to(user))
    )
    return listing.page(session, statement, asked).map(lambda row: RosterRow(row[0], row[1]))


def roster_in_scope(session: Session, user: User, roster_id: int) -> Roster:
    """One upload that the user may see; NotFound for any other."""
    found: Roster = scope.one(session, Roster, _visible_to(user), roster_id)
    return found


def notes(session: Session, *, roster_id: int, asked: ListRequest) -> Page[RosterNote]:
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
    statement = select(RosterNote).where(RosterNote.roster_id == roster_id)
    return listing.page(session, statement, asked).map(lambda row: row[0])


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


def _visible_to(user: User) -> ColumnElement[bool]:
    # A list for no agent in particular, such as a government's, is the whole office's.
    return or_(
        scope.of_agent(user, Roster.agent_id, Roster.office_id),
        and_(Roster.agent_id.is_(None), scope.of_office(user, Roster.office_id)),
    )
