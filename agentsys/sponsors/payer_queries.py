"""Which agreement pays for a worker, for the worker's pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.agreements.models import Agreement, AgreementMember, Sponsor
from agentsys.months import add_months
from agentsys.workers.models import Enrolment


@dataclass(frozen=True, kw_only=True)
class Payer:
    """An agreement that names a worker, and whether it pays now or from a later month on."""

    agreement_id: int
    number: str
    sponsor: str
    pays_from: date | None  # None if somebody else pays
    last_month: date


def payers_of(session: Session, *, worker_id: int) -> Sequence[Payer]:
    """The agreements that name a worker now, the one that pays first."""
    pays_from = _pays_from()
    rows = session.execute(
        select(
            Agreement.id.label("agreement_id"),
            Agreement.number,
            Sponsor.name.label("sponsor"),
            pays_from.label("pays_from"),
            func.coalesce(Agreement.ends_month, Agreement.until_month).label("until"),
        )
        .join(AgreementMember, AgreementMember.agreement_id == Agreement.id)
        .join(Sponsor, Sponsor.id == Agreement.sponsor_id)
        .where(AgreementMember.worker_id == worker_id, AgreementMember.until_month.is_(None))
        .order_by(pays_from.nulls_last(), Agreement.priority, Agreement.id)
    )
    return [
        Payer(
            agreement_id=row.agreement_id,
            number=row.number,
            sponsor=row.sponsor,
            pays_from=row.pays_from,
            last_month=add_months(row.until, -1),
        )
        for row in rows
    ]


def _pays_from() -> Any:
    return (
        select(func.min(Enrolment.from_month))
        .where(
            Enrolment.worker_id == AgreementMember.worker_id,
            Enrolment.agreement_id == Agreement.id,
            or_(Enrolment.until_month.is_(None), Enrolment.until_month > clock.this_month()),
        )
        .scalar_subquery()
    )
