"""Workers of an agreement whom somebody else pays for as well: shown before the bill is sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, exists, false, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.agreements.kinds import AgreementState, SponsorKind
from agentsys.agreements.models import Agreement, AgreementMember, Sponsor
from agentsys.contributions.models import Contribution
from agentsys.listing.pages import Listing, Page, Sort, row_as
from agentsys.listing.request import ListRequest
from agentsys.listing.words import matches
from agentsys.workers.kinds import Programmes
from agentsys.workers.models import Enrolment, Worker

TWO_SPONSORS, PAID_SELF, OWN_JHT = "two_sponsors", "paid_self", "own_jht"


@dataclass(frozen=True, kw_only=True)
class Overlap:
    """A worker whom another agreement names too, who paid months ahead, or who saved with JHT."""

    worker_id: int
    name: str
    nik_masked: str
    from_month: date
    other_id: int | None
    other_number: str
    other_sponsor: str
    other_kind: SponsorKind | None
    other_priority: int | None
    other_pays: bool  # from this month on, or from a later one
    self_until: date | None  # the last month that the worker paid, this one or a later one
    jht_until: date | None  # the first month without the JHT that the worker paid for


@dataclass(frozen=True, kw_only=True)
class Counts:
    """How many workers of an agreement overlap, by reason; one worker may have several."""

    two_sponsors: int
    paid_self: int
    own_jht: int

    @property
    def any(self) -> bool:
        """Whether there is something to look at."""
        return bool(self.two_sponsors or self.paid_self or self.own_jht)


def overlaps(
    session: Session, agreement_id: int, programmes: Programmes, asked: ListRequest
) -> Page[Overlap]:
    """The workers of an agreement for whom somebody else pays or paid, by name."""
    other, conditions = _other(agreement_id), _conditions(agreement_id, programmes)
    listing = Listing(
        id=AgreementMember.worker_id,
        sorts={"name": Sort(Worker.name)},
        search=lambda words: matches(words, Worker.name),
        tabs=conditions,
    )
    query = (
        select(
            AgreementMember.worker_id,
            Worker.name,
            Worker.nik_masked,
            AgreementMember.from_month,
            other.c.id.label("other_id"),
            func.coalesce(other.c.number, "").label("other_number"),
            func.coalesce(other.c.sponsor, "").label("other_sponsor"),
            other.c.kind.label("other_kind"),
            other.c.priority.label("other_priority"),
            _pays(other.c.id).label("other_pays"),
            _self_until().label("self_until"),
            _jht_until(programmes).label("jht_until"),
        )
        .join(Worker, Worker.id == AgreementMember.worker_id)
        .outerjoin(other, other.c.worker_id == AgreementMember.worker_id)
        .where(*_named(agreement_id), or_(*conditions.values()))
    )
    return listing.page(session, query, asked).map(lambda row: row_as(Overlap, row))


def counts(session: Session, agreement_id: int, programmes: Programmes) -> Counts:
    """How many workers of an agreement overlap, by reason."""
    conditions = _conditions(agreement_id, programmes)
    row = session.execute(
        select(*(func.count().filter(found).label(name) for name, found in conditions.items()))
        .select_from(AgreementMember)
        .where(*_named(agreement_id))
    ).one()
    return Counts(**row._mapping)


def _named(agreement_id: int) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return AgreementMember.agreement_id == agreement_id, AgreementMember.until_month.is_(None)


def _conditions(agreement_id: int, programmes: Programmes) -> dict[str, ColumnElement[bool]]:
    other = _other_agreements(agreement_id)
    return {
        TWO_SPONSORS: AgreementMember.worker_id.in_(select(other.c.worker_id)),
        PAID_SELF: _self_until().is_not(None),
        OWN_JHT: _jht_until(programmes).is_not(None),
    }


def _other_agreements(agreement_id: int) -> Any:
    """Each worker and agreement of others that names one too."""
    named = AgreementMember.__table__.alias("named_too")
    until = func.coalesce(Agreement.ends_month, Agreement.until_month)
    return (
        select(
            named.c.worker_id,
            Agreement.id,
            Agreement.number,
            Agreement.priority,
            Sponsor.name.label("sponsor"),
            Sponsor.kind,
            named.c.made_at,
        )
        .join(Agreement, Agreement.id == named.c.agreement_id)
        .join(Sponsor, Sponsor.id == Agreement.sponsor_id)
        .where(
            named.c.agreement_id != agreement_id,
            or_(named.c.until_month.is_(None), named.c.until_month > clock.this_month()),
            Agreement.state == AgreementState.IN_FORCE,
            until > clock.this_month(),
        )
        .subquery("named_elsewhere")
    )


def _other(agreement_id: int) -> Any:
    """For each worker the one of them that comes first."""
    found = _other_agreements(agreement_id)
    return (
        select(found)
        .ext(distinct_on(found.c.worker_id))
        .order_by(found.c.worker_id, found.c.priority, found.c.made_at, found.c.id)
        .subquery("first_other")
    )


def _pays(agreement_id: Any) -> ColumnElement[bool]:
    return exists().where(
        Enrolment.worker_id == AgreementMember.worker_id,
        Enrolment.agreement_id == agreement_id,
        or_(Enrolment.until_month.is_(None), Enrolment.until_month > clock.this_month()),
    )


def _self_until() -> ColumnElement[Any]:
    """The last month from this one on that the worker paid, while the agreement would have."""
    return (
        select(func.max(Contribution.month))
        .where(
            Contribution.worker_id == AgreementMember.worker_id,
            Contribution.month >= clock.this_month(),
            Contribution.month >= AgreementMember.from_month,
            Contribution.payment_id.is_not(None),
            Contribution.bill_id.is_(None),
        )
        .scalar_subquery()
    )


def _jht_until(programmes: Programmes) -> ColumnElement[Any]:
    """Until when the worker paid a package with JHT, if the agreement's package has none."""
    query = select(func.max(Enrolment.until_month)).where(
        Enrolment.worker_id == AgreementMember.worker_id,
        Enrolment.agreement_id.is_(None),
        Enrolment.programmes == Programmes.THREE,
        Enrolment.until_month >= AgreementMember.from_month,
    )
    if programmes is Programmes.THREE:
        query = query.where(false())
    return query.scalar_subquery()
