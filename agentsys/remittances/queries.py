"""Batches for BPJS, what can be batched, and what is held back, within a user's scope."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    case,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.contributions.models import Contribution
from agentsys.figures import kept
from agentsys.figures.models import NO_MONTH, KeptFigure
from agentsys.listing.pages import Listing, Page, Sort, row_as, states_of
from agentsys.listing.request import ListRequest
from agentsys.months import month_of
from agentsys.people import queries as people
from agentsys.people import scope
from agentsys.people.models import Office, User
from agentsys.remittances.difference_models import RemittanceDifference
from agentsys.remittances.models import Remittance, RemittanceState, ReplacedCode
from agentsys.remittances.remittable import remittable

_FIRST = 2**50  # more than any id
_UNDER_WAY = (RemittanceState.OPEN, RemittanceState.CODED, RemittanceState.CANCELLING)


@dataclass(frozen=True, kw_only=True)
class RemittanceRow:
    """One batch of a list."""

    id: int
    first_month: date | None
    last_month: date | None
    count: int
    amount_idr: int
    state: RemittanceState
    kode_iuran: str | None
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class RemittanceDetail(RemittanceRow):
    """One batch, with the names of the users who changed it."""

    code_idr: int | None
    code_expires_at: datetime | None
    expired: bool  # its code can no longer be paid
    replaced: Sequence[str]  # codes that it had before
    paid_on: date | None
    paid_idr: int | None
    bpjs_ref: str
    created_by: int | None
    creator: str
    confirmed_at: datetime | None
    confirmer: str
    cancel_reason: str
    cancel_asked_by: int | None
    cancel_asker: str
    canceller: str


@dataclass(frozen=True, kw_only=True)
class ReadyGroup:
    """What one office can remit now."""

    office_id: int
    office_name: str
    first_month: date
    last_month: date
    count: int
    amount_idr: int
    at: datetime | None = None  # when the sum was computed; None if just now


@dataclass(frozen=True, kw_only=True)
class CountAndSum:
    """A count and a sum."""

    count: int
    amount_idr: int


@dataclass(frozen=True, kw_only=True)
class RemittanceTotals:
    """Batches that BPJS has not reported as PAID, and those reported as PAID this month."""

    under_way: CountAndSum
    paid_idr: int


def remittances(session: Session, user: User, asked: ListRequest) -> Page[RemittanceRow]:
    """The batches, newest first: all, those that BPJS has not reported as PAID, or the others."""
    listing = Listing(
        id=Remittance.id,
        sorts={
            # Batches that wait for a person first; in each group, the newest first.
            "under_way": Sort(
                case(
                    (Remittance.state.in_(_UNDER_WAY), Remittance.id + _FIRST), else_=Remittance.id
                ),
                descending=True,
            ),
            "made": Sort(Remittance.id, descending=True),
            "amount": Sort(Remittance.amount_idr, descending=True),
            "count": Sort(Remittance.count, descending=True),
        },
        search=lambda words: or_(
            Remittance.kode_iuran.icontains(words, autoescape=True),
            Remittance.bpjs_ref.icontains(words, autoescape=True),
        ),
        tabs={
            "all": true(),
            "under_way": Remittance.state.in_(_UNDER_WAY),
            "done": Remittance.state.not_in(_UNDER_WAY),
            "expired": (Remittance.state == RemittanceState.CODED)
            & (Remittance.code_expires_at <= clock.now()),
            "differs": exists().where(
                RemittanceDifference.remittance_id == Remittance.id,
                RemittanceDifference.settled_at.is_(None),
            ),
        },
        states=states_of(Remittance.state, RemittanceState),
        at=Remittance.created_at,
        amount=Remittance.amount_idr,
    )
    query = select(
        Remittance.id,
        Remittance.first_month,
        Remittance.last_month,
        Remittance.count,
        Remittance.amount_idr,
        Remittance.state,
        Remittance.kode_iuran,
        Remittance.created_at,
    ).where(scope.of_office(user, Remittance.office_id))
    return listing.page(session, query, asked).map(lambda row: row_as(RemittanceRow, row))


def remittance(session: Session, user: User, remittance_id: int) -> RemittanceDetail:
    """One batch; NotFound if it does not exist or the user may not see it."""
    condition = scope.of_office(user, Remittance.office_id)
    found: Remittance = scope.one(session, Remittance, condition, remittance_id)
    names = people.names_of(
        session,
        (found.created_by, found.confirmed_by, found.cancel_asked_by, found.cancelled_by),
    )
    return RemittanceDetail(
        id=found.id,
        first_month=found.first_month,
        last_month=found.last_month,
        count=found.count,
        amount_idr=found.amount_idr,
        state=found.state,
        kode_iuran=found.kode_iuran,
        created_at=found.created_at,
        code_idr=found.code_idr,
        code_expires_at=found.code_expires_at,
        expired=found.state is RemittanceState.CODED
        and found.code_expires_at is not None
        and found.code_expires_at <= clock.now(),
        replaced=session.scalars(
            select(ReplacedCode.kode_iuran)
            .where(ReplacedCode.remittance_id == found.id)
            .order_by(ReplacedCode.replaced_at)
        ).all(),
        paid_on=found.paid_on,
        paid_idr=found.paid_idr,
        bpjs_ref=found.bpjs_ref,
        created_by=found.created_by,
        creator=names.get(found.created_by or 0, ""),
        confirmed_at=found.confirmed_at,
        confirmer=names.get(found.confirmed_by or 0, ""),
        cancel_reason=found.cancel_reason,
        cancel_asked_by=found.cancel_asked_by,
        cancel_asker=names.get(found.cancel_asked_by or 0, ""),
        canceller=names.get(found.cancelled_by or 0, ""),
    )


def ready_to_remit(session: Session, user: User) -> list[ReadyGroup]:
    """What each office of the user can remit now, by the office's name.

    For a large office it was computed by a job some minutes ago, unless a batch was made since.
    """
    figure = KeptFigure
    found = session.execute(
        select(Office.id, Office.name, figure)
        .outerjoin(figure, (figure.office_id == Office.id) & (figure.name == kept.READY))
        .where(scope.of_office(user, Office.id))
    ).all()
    groups = [
        ReadyGroup(
            office_id=office_id,
            office_name=name,
            first_month=sums.month,
            last_month=sums.last_month or sums.month,
            count=sums.count,
            amount_idr=sums.amount_idr,
            at=sums.at,
        )
        for office_id, name, sums in found
        if sums is not None and sums.count
    ]
    to_read = [office_id for office_id, _name, sums in found if sums is None]
    if to_read:
        rows = session.execute(_ready(Office.id.in_(to_read)))
        groups += [ReadyGroup(**row._mapping) for row in rows]
    return sorted(groups, key=lambda group: (group.office_name, group.office_id))


def keep(session: Session) -> None:
    """Store what each large office can remit now."""
    ready = _ready(kept.large(Office.id)).subquery()
    kept.replace(
        session,
        kept.READY,
        select(
            literal(kept.READY).label("name"),
            Office.id.label("office_id"),
            literal(0).label("agent_id"),
            func.coalesce(ready.c.first_month, NO_MONTH).label("month"),
            func.coalesce(ready.c.count, 0).label("count"),
            func.coalesce(ready.c.amount_idr, 0).label("amount_idr"),
            literal(0).label("of_idr"),
            ready.c.last_month,
            literal(clock.now()).label("at"),
        )
        .outerjoin(ready, ready.c.office_id == Office.id)
        .where(kept.large(Office.id)),
    )


def _ready(condition: ColumnElement[bool]) -> Any:
    return (
        select(
            Office.id.label("office_id"),
            Office.name.label("office_name"),
            func.min(Contribution.month).label("first_month"),
            func.max(Contribution.month).label("last_month"),
            func.count().label("count"),
            cast(func.sum(Contribution.amount_idr), BigInteger).label("amount_idr"),
        )
        .join(Contribution, remittable(Office.id, clock.now()))
        .where(condition)
        .group_by(Office.id, Office.name)
    )


def office_id_in_scope(session: Session, user: User, office_id: int) -> int:
    """The id of an office that the user may see; NotFound otherwise."""
    condition = scope.of_office(user, Office.id)
    office: Office = scope.one(session, Office, condition, office_id)
    return office.id


def totals(session: Session, user: User) -> RemittanceTotals:
    """Counts and sums of the user's batches: open ones, and those paid this month."""
    waiting = Remittance.state.in_(_UNDER_WAY)
    this_month = month_of(clock.now())
    confirmed = (Remittance.state == RemittanceState.CONFIRMED) & (
        func.date_trunc("month", func.timezone("Asia/Jakarta", Remittance.confirmed_at))
        == this_month
    )
    count, under_way, paid = session.execute(
        select(
            func.count().filter(waiting),
            func.coalesce(func.sum(Remittance.amount_idr).filter(waiting), 0),
            func.coalesce(func.sum(Remittance.amount_idr).filter(confirmed), 0),
        ).where(scope.of_office(user, Remittance.office_id))
    ).one()
    return RemittanceTotals(
        under_way=CountAndSum(count=count, amount_idr=int(under_way)), paid_idr=int(paid)
    )


def held_back(session: Session, user: User) -> CountAndSum:
    """How many contributions are held back from BPJS, and their sum."""
    count, amount = session.execute(
        select(func.count(), func.coalesce(func.sum(Contribution.amount_idr), 0)).where(
            Contribution.held_at.is_not(None),
            scope.of_office(user, Contribution.office_id),
        )
    ).one()
    return CountAndSum(count=count, amount_idr=int(amount))
