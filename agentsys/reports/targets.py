"""Targets of cover: entering them, and which ones hold on a day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from agentsys.audit import trail
from agentsys.errors import Invalid
from agentsys.listing.pages import Listing, Page, Sort, row_as
from agentsys.listing.request import ListRequest
from agentsys.names import visible
from agentsys.people import scope
from agentsys.people.models import Office, User
from agentsys.reports.models import CoverageTarget
from agentsys.workers.kinds import Ecosystem

MOST_PEOPLE = 100_000_000


@dataclass(frozen=True, kw_only=True)
class TargetRow:
    """One target, as it was entered."""

    id: int
    office_name: str
    kelurahan: str
    ecosystem: Ecosystem | None
    people: int
    from_on: date
    source: str
    entered_by: str


@dataclass(frozen=True, kw_only=True)
class Targets:
    """The targets that hold on a day: of the whole office, by kelurahan, by ecosystem."""

    office: int | None = None
    kelurahan: Mapping[str, tuple[str, int]] = field(default_factory=dict)  # by name in small
    ecosystems: Mapping[Ecosystem, int] = field(default_factory=dict)


def enter(
    session: Session,
    *,
    office_id: int,
    kelurahan: str,
    ecosystem: Ecosystem | None,
    people: int,
    from_on: date,
    source: str,
    actor_id: int | None,
) -> CoverageTarget:
    """Enter a target that holds from a day on; 0 people ends the one before."""
    kelurahan, source = visible(kelurahan.replace("\0", "")), visible(source.replace("\0", ""))
    if kelurahan and ecosystem is not None:
        raise Invalid("Isi kelurahan atau ekosistem, bukan keduanya.", about="ecosystem")
    if not source:
        raise Invalid("Tulis sumber targetnya, misalnya nomor SK.", about="source")
    if not 0 <= people <= MOST_PEOPLE:
        raise Invalid("Jumlah orang belum benar.", about="people")
    target = CoverageTarget(
        office_id=office_id,
        kelurahan=kelurahan[:80],
        ecosystem=ecosystem,
        people=people,
        from_on=from_on,
        source=source[:160],
        entered_by=actor_id,
    )
    session.add(target)
    session.flush()
    trail.record(
        session,
        actor_id=actor_id,
        action="target.entered",
        subject=f"office:{office_id}",
        details={
            "kelurahan": target.kelurahan,
            "ecosystem": ecosystem.value if ecosystem else "",
            "count": people,
            "from_on": from_on.isoformat(),
            "source": target.source,
        },
    )
    return target


def on(session: Session, *, office_id: int, day: date) -> Targets:
    """The targets of the office that hold on a day."""
    key = func.lower(CoverageTarget.kelurahan)
    rows = session.execute(
        select(CoverageTarget.kelurahan, CoverageTarget.ecosystem, CoverageTarget.people)
        .where(CoverageTarget.office_id == office_id, CoverageTarget.from_on <= day)
        .ext(distinct_on(key, CoverageTarget.ecosystem))
        .order_by(
            key,
            CoverageTarget.ecosystem,
            CoverageTarget.from_on.desc(),
            CoverageTarget.id.desc(),
        )
    )
    office: int | None = None
    kelurahan: dict[str, tuple[str, int]] = {}
    ecosystems: dict[Ecosystem, int] = {}
    for place, ecosystem, people in rows:
        if not people:
            continue
        if place:
            kelurahan[place.lower()] = place, people
        elif ecosystem is not None:
            ecosystems[ecosystem] = people
        else:
            office = people
    return Targets(office=office, kelurahan=kelurahan, ecosystems=ecosystems)


def entered(session: Session, user: User, asked: ListRequest) -> Page[TargetRow]:
    """All targets of the user's offices, the newest first."""
    listing = Listing(
        id=CoverageTarget.id,
        sorts={
            "newest": Sort(CoverageTarget.id, descending=True),
            "from": Sort(CoverageTarget.from_on, descending=True),
            "place": Sort(CoverageTarget.kelurahan),
        },
        search=lambda words: CoverageTarget.kelurahan.icontains(words, autoescape=True),
    )
    statement = (
        select(
            CoverageTarget.id,
            Office.name.label("office_name"),
            CoverageTarget.kelurahan,
            CoverageTarget.ecosystem,
            CoverageTarget.people,
            CoverageTarget.from_on,
            CoverageTarget.source,
            func.coalesce(User.name, "").label("entered_by"),
        )
        .join(Office, Office.id == CoverageTarget.office_id)
        .outerjoin(User, User.id == CoverageTarget.entered_by)
        .where(scope.of_office(user, CoverageTarget.office_id))
    )
    return listing.page(session, statement, asked).map(lambda row: row_as(TargetRow, row))
