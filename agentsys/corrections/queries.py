"""Corrections, and what was confirmed lately and can be corrected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select, true
from sqlalchemy.orm import Session, aliased

from agentsys.corrections.models import Correctable, Correction, CorrectionState
from agentsys.listing.pages import Listing, Page, Sort, row_as
from agentsys.listing.request import ListRequest
from agentsys.payments.deposit_models import Deposit, DepositState
from agentsys.payments.fee_models import GatewayFee
from agentsys.payments.models import Payment
from agentsys.payments.payout_models import GatewayPayout
from agentsys.people import scope
from agentsys.people.models import Agent, User
from agentsys.transfers.models import Transfer, TransferState

WAITING = "waiting"
NEWEST = 20  # of each kind that can be corrected
TABS: dict[str, ColumnElement[bool]] = {
    WAITING: Correction.state == CorrectionState.PROPOSED,
    "approved": Correction.state == CorrectionState.APPROVED,
    "refused": Correction.state.in_((CorrectionState.REFUSED, CorrectionState.WITHDRAWN)),
    "all": true(),
}


@dataclass(frozen=True, kw_only=True)
class CorrectionRow:
    """One correction."""

    id: int
    what: Correctable
    subject_id: int
    amount_idr: int
    reason: str
    state: CorrectionState
    proposed_at: datetime
    proposed_by: int
    proposer: str
    decided_at: datetime | None
    decider: str | None


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A deposit, a transfer, a payout or a fee that was booked."""

    what: Correctable
    id: int
    about: str  # the agent, the note, or the provider
    reference: str
    amount_idr: int
    at: datetime


def corrections(session: Session, user: User, asked: ListRequest) -> Page[CorrectionRow]:
    """Corrections that wait for a second person, oldest first; in other tabs the newest first."""
    tab = asked.tab if asked.tab in TABS else WAITING
    listing = Listing(
        id=Correction.id,
        sorts={
            "proposed": Sort(Correction.id, descending=tab != WAITING),
            "amount": Sort(Correction.amount_idr, descending=True),
        },
        search=lambda words: Correction.reason.icontains(words, autoescape=True),
        tabs=TABS,
        at=Correction.proposed_at,
        amount=Correction.amount_idr,
    )
    proposer, decider = aliased(User), aliased(User)
    query = (
        select(
            Correction.id,
            Correction.what,
            Correction.subject_id,
            Correction.amount_idr,
            Correction.reason,
            Correction.state,
            Correction.proposed_at,
            Correction.proposed_by,
            proposer.name.label("proposer"),
            Correction.decided_at,
            decider.name.label("decider"),
        )
        .join(proposer, proposer.id == Correction.proposed_by)
        .outerjoin(decider, decider.id == Correction.decided_by)
        .where(_seen(user, Correction.office_id))
    )
    page = listing.page(session, query, replace(asked, tab=tab))
    return page.map(lambda row: row_as(CorrectionRow, row))


def candidate(session: Session, user: User, what: Correctable, subject_id: int) -> Candidate | None:
    """One that the user may see; None if there is none."""
    query = _CANDIDATES[what](user)
    row = session.execute(select(query).where(query.c.id == subject_id)).one_or_none()
    return Candidate(what=what, **row._mapping) if row else None


def newest(session: Session, user: User) -> Sequence[Candidate]:
    """What was confirmed lately in the user's offices, of each kind, the newest first."""
    found = []
    for what, make in _CANDIDATES.items():
        if what is Correctable.FEE:  # thousands a day; each is corrected from its line's page
            continue
        query = make(user)
        rows = session.execute(select(query).order_by(query.c.id.desc()).limit(NEWEST))
        found += [Candidate(what=what, **row._mapping) for row in rows]
    return sorted(found, key=lambda each: each.at, reverse=True)[:NEWEST]


def _seen(user: User, office_id: Any) -> ColumnElement[bool]:
    return or_(scope.of_office(user, office_id), office_id.is_(None))


def _deposits(user: User) -> Any:
    return _columns(
        select(Deposit.id, Agent.name, Deposit.evidence, _handed(), Deposit.decided_at)
        .join(Agent, Agent.id == Deposit.agent_id)
        .where(
            Deposit.state == DepositState.CONFIRMED,
            Deposit.channel == "",
            scope.of_office(user, Deposit.office_id),
        )
    )


def _transfers(user: User) -> Any:
    return _columns(
        select(
            Transfer.id,
            Transfer.note,
            Transfer.bank_ref,
            Transfer.amount_idr,
            Transfer.decided_at,
        ).where(Transfer.state == TransferState.BOOKED, scope.of_office(user, Transfer.office_id))
    )


def _payouts(user: User) -> Any:
    return _columns(
        select(
            GatewayPayout.id,
            GatewayPayout.provider,
            GatewayPayout.bank_ref,
            GatewayPayout.amount_idr,
            GatewayPayout.recorded_at,
        ).where(GatewayPayout.reversed_at.is_(None), _seen(user, GatewayPayout.office_id))
    )


def _fees(user: User) -> Any:
    return _columns(
        select(
            GatewayFee.id,
            GatewayFee.provider,
            func.coalesce(Payment.reference, ""),
            GatewayFee.fee_idr + GatewayFee.tax_idr,
            GatewayFee.booked_at,
        )
        .outerjoin(Payment, Payment.id == GatewayFee.payment_id)
        .where(GatewayFee.reversed_at.is_(None), _seen(user, GatewayFee.office_id))
    )


def _handed() -> ColumnElement[int]:
    return Deposit.amount_idr - Deposit.short_idr


def _columns(query: Select[*tuple[Any, ...]]) -> Any:
    """The query with the columns of `Candidate`, in their order."""
    names = ("id", "about", "reference", "amount_idr", "at")
    columns = zip(query.selected_columns, names, strict=True)
    return query.with_only_columns(*(column.label(name) for column, name in columns)).subquery()


_CANDIDATES = {
    Correctable.DEPOSIT: _deposits,
    Correctable.TRANSFER: _transfers,
    Correctable.PAYOUT: _payouts,
    Correctable.FEE: _fees,
}
