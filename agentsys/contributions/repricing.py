"""Other prices for a worker's contributions after sector, income, package or payer changed.

Only months that nobody paid get another price. What was paid stays as it is: BPJS decides how it
counts a difference. For the discount of PP 50/2025 it is reported that it counts towards the
following months.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.contributions import released_tariffs, tariff
from agentsys.contributions.models import Contribution
from agentsys.contributions.tariff import Price
from agentsys.workers.kinds import Funding, Programmes, Sector


@dataclass(frozen=True, kw_only=True)
class Priced:
    """What a worker's price depends on, beside the month."""

    sector: Sector
    income_idr: int
    programmes: Programmes
    funding: Funding
    lowest: bool = False  # the sponsor's agreement prices everybody by the lowest income

    def price(self, month: date) -> Price:
        """The price of a month by the tariff."""
        return tariff.price(
            month=month,
            income_idr=0 if self.lowest else self.income_idr,
            programmes=self.programmes,
            sector=self.sector,
            funding=self.funding,
        )


@dataclass(frozen=True, kw_only=True)
class Repriced:
    """A billed month whose price is another one, or would be if it were not paid."""

    month: date
    before_idr: int
    after_idr: int
    paid: bool  # then the bill stays, and BPJS decides about the difference

    @property
    def difference_idr(self) -> int:
        """How much more it costs; negative if it costs less."""
        return self.after_idr - self.before_idr


def effect(session: Session, *, worker_id: int, since: date, by: Priced) -> list[Repriced]:
    """The months from one on whose price would be another one, oldest first."""
    return [
        found
        for contribution in _since(session, worker_id, since)
        if (found := _repriced(contribution, by)).difference_idr
    ]


def reprice(session: Session, *, worker_id: int, since: date, by: Priced) -> list[Repriced]:
    """Bill the open months from one on as they are now; the months with another price.

    The caller has locked them with `closing.lock_open`, and knows that no payment is under way.
    """
    changed = []
    for contribution in _since(session, worker_id, since):
        found = _repriced(contribution, by)
        if found.difference_idr:
            changed.append(found)
        if not found.paid:
            price = by.price(contribution.month)
            contribution.sector, contribution.programmes = by.sector, by.programmes
            contribution.funding, contribution.tariff = by.funding, ", ".join(price.instruments)
            contribution.jkk_idr, contribution.jkm_idr = price.jkk_idr, price.jkm_idr
            contribution.jht_idr = price.jht_idr
    session.flush()
    return changed


def _since(session: Session, worker_id: int, since: date) -> Sequence[Contribution]:
    released_tariffs.refresh(session)
    return session.scalars(
        select(Contribution)
        .where(Contribution.worker_id == worker_id, Contribution.month >= since)
        .order_by(Contribution.month)
        .execution_options(populate_existing=True)
    ).all()


def _repriced(contribution: Contribution, by: Priced) -> Repriced:
    return Repriced(
        month=contribution.month,
        before_idr=contribution.amount_idr,
        after_idr=by.price(contribution.month).amount_idr,
        paid=contribution.payment_id is not None,
    )
