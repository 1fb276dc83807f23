"""The rates that people decided for an office and a month."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import exists, or_, select, text
from sqlalchemy.orm import Session

from agentsys import locks
from agentsys.commissions.rates.models import CommissionRates, RatesState
from agentsys.extension.commission_rules import Rates, frozen

_SHARED = text("SELECT pg_advisory_xact_lock_shared(:lock)")
_ALONE = text("SELECT pg_advisory_xact_lock(:lock)")

Decided = Mapping[str, Rates | None]  # by rule; None: the rule does not apply


def decided(session: Session, *, office_id: int | None, month: date) -> Decided:
    """The newest decision about each rule; one for the office goes before one for all offices."""
    rows = session.scalars(
        select(CommissionRates)
        .where(
            CommissionRates.state == RatesState.APPROVED,
            CommissionRates.valid_from <= month,
            or_(CommissionRates.office_id == office_id, CommissionRates.office_id.is_(None)),
        )
        .order_by(
            CommissionRates.office_id.is_(None),
            CommissionRates.valid_from.desc(),
            CommissionRates.id.desc(),
        )
    )
    found: dict[str, Rates | None] = {}
    for row in rows:
        found.setdefault(row.rule, rates_of(row))
    return found


def rates_of(row: CommissionRates) -> Rates | None:
    """A decision as a rule gets it."""
    if not row.is_on:
        return None
    return Rates(
        version=row.version,
        decree=row.decree,
        certainty=row.certainty.value,
        values=frozen(row.values),
    )


def decided_since(session: Session, *, office_id: int, month: date, at: datetime) -> bool:
    """Whether rates for that office and month were decided after that moment."""
    return bool(
        session.scalar(
            select(
                exists().where(
                    CommissionRates.state == RatesState.APPROVED,
                    CommissionRates.valid_from <= month,
                    CommissionRates.decided_at > at,
                    or_(
                        CommissionRates.office_id == office_id,
                        CommissionRates.office_id.is_(None),
                    ),
                )
            )
        )
    )


def offices_with_own(session: Session, *, month: date) -> list[int]:
    """Ids of the offices for which people decided rates of their own until that month."""
    return [
        number
        for number in session.scalars(
            select(CommissionRates.office_id)
            .where(
                CommissionRates.state == RatesState.APPROVED,
                CommissionRates.valid_from <= month,
                CommissionRates.office_id.is_not(None),
            )
            .distinct()
            .order_by(CommissionRates.office_id)
        )
        if number is not None
    ]


def keep_still(session: Session) -> None:
    """Until the transaction ends, nobody approves rates; many may call this at once."""
    session.execute(_SHARED, {"lock": locks.COMMISSION_RATES})


def lock(session: Session) -> None:
    """Until the transaction ends, nobody computes commissions, or approves rates."""
    session.execute(_ALONE, {"lock": locks.COMMISSION_RATES})
