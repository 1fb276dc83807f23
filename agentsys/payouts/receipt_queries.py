"""What BPJS paid for commissions, as typed values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import Session, aliased

from agentsys.listing.pages import Listing, Page, Sort, row_as
from agentsys.listing.request import ListRequest
from agentsys.payouts.queries import seen_by
from agentsys.payouts.receipt_models import CommissionReceipt, ReceiptState
from agentsys.people.models import Office, User

RECEIPT_TABS: dict[str, ColumnElement[bool]] = {
    "waiting": CommissionReceipt.state == ReceiptState.RECORDED,
    "confirmed": CommissionReceipt.state == ReceiptState.CONFIRMED,
    "all": true(),
}


@dataclass(frozen=True, kw_only=True)
class ReceiptRow:
    """A payment of BPJS for commissions."""

    id: int
    office: str
    month: date
    gross_idr: int
    office_idr: int
    tax_idr: int
    bank_ref: str
    received_on: date
    state: ReceiptState
    recorded_by: int
    recorder: str
    recorded_at: datetime
    decider: str | None
    reason: str


def receipts(session: Session, user: User, asked: ListRequest) -> Page[ReceiptRow]:
    """What BPJS paid the user's offices, the newest first."""
    recorder, decider = aliased(User), aliased(User)
    listing = Listing(
        id=CommissionReceipt.id,
        sorts={
            "recorded": Sort(CommissionReceipt.id, descending=True),
            "amount": Sort(CommissionReceipt.gross_idr, descending=True),
        },
        search=lambda words: CommissionReceipt.bank_ref.icontains(words, autoescape=True),
        tabs=RECEIPT_TABS,
        at=CommissionReceipt.recorded_at,
        amount=CommissionReceipt.gross_idr,
    )
    query = (
        select(
            CommissionReceipt.id,
            Office.name.label("office"),
            CommissionReceipt.month,
            CommissionReceipt.gross_idr,
            CommissionReceipt.office_idr,
            CommissionReceipt.tax_idr,
            CommissionReceipt.bank_ref,
            CommissionReceipt.received_on,
            CommissionReceipt.state,
            CommissionReceipt.recorded_by,
            recorder.name.label("recorder"),
            CommissionReceipt.recorded_at,
            decider.name.label("decider"),
            CommissionReceipt.reason,
        )
        .join(Office, Office.id == CommissionReceipt.office_id)
        .join(recorder, recorder.id == CommissionReceipt.recorded_by)
        .outerjoin(decider, decider.id == CommissionReceipt.decided_by)
        .where(seen_by(user, CommissionReceipt.office_id))
    )
    return listing.page(session, query, asked).map(lambda row: row_as(ReceiptRow, row))
