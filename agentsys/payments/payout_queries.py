"""Money that gateway providers paid out to the bank account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from agentsys.listing.pages import Listing, Page, Sort, row_as
from agentsys.listing.request import ListRequest
from agentsys.payments.payout_models import GatewayPayout
from agentsys.people.models import User


@dataclass(frozen=True, kw_only=True)
class PayoutRow:
    """One payout as it was recorded."""

    id: int
    provider: str
    bank_ref: str
    amount_idr: int
    fee_idr: int
    recorded_at: datetime
    recorded_by: str  # empty if a machine recorded it
    reversed_at: datetime | None  # recorded wrongly, and undone

    @property
    def net_idr(self) -> int:
        """What came into the bank account."""
        return self.amount_idr - self.fee_idr


def payouts(session: Session, asked: ListRequest) -> Page[PayoutRow]:
    """The payouts, the newest first."""
    listing = Listing(
        id=GatewayPayout.id,
        sorts={
            "recorded": Sort(GatewayPayout.id, descending=True),
            "amount": Sort(GatewayPayout.amount_idr, descending=True),
            "provider": Sort(GatewayPayout.provider),
        },
        search=lambda words: or_(
            GatewayPayout.bank_ref.icontains(words, autoescape=True),
            GatewayPayout.provider.icontains(words, autoescape=True),
        ),
        at=GatewayPayout.recorded_at,
        amount=GatewayPayout.amount_idr,
    )
    query = select(
        GatewayPayout.id,
        GatewayPayout.provider,
        GatewayPayout.bank_ref,
        GatewayPayout.amount_idr,
        GatewayPayout.fee_idr,
        GatewayPayout.recorded_at,
        func.coalesce(User.name, "").label("recorded_by"),
        GatewayPayout.reversed_at,
    ).outerjoin(User, User.id == GatewayPayout.recorded_by)
    return listing.page(session, query, asked).map(lambda row: row_as(PayoutRow, row))


def newest_payouts(session: Session) -> Mapping[str, datetime]:
    """When each provider's newest payout was recorded."""
    rows = session.execute(
        select(GatewayPayout.provider, func.max(GatewayPayout.recorded_at)).group_by(
            GatewayPayout.provider
        )
    )
    return {provider: at for provider, at in rows}
