"""Transfers with workers, the accounts that they bring to zero, and unexplained money."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, ColumnElement, Integer, cast, func, not_, or_, select
from sqlalchemy.orm import Session

from agentsys.agreements.models import Agreement, Sponsor
from agentsys.ledger import accounts, journal
from agentsys.ledger.balances import BALANCES
from agentsys.listing.pages import Listing, Page, Sort, row_as
from agentsys.listing.request import ListRequest
from agentsys.payments import bill_claims
from agentsys.payments.unexplained_models import Unexplained
from agentsys.people import scope
from agentsys.people.models import Agent, User
from agentsys.people.queries import is_agent
from agentsys.transfers.models import Direction, Transfer, TransferState
from agentsys.workers.models import Worker


@dataclass(frozen=True, kw_only=True)
class TransferRow:
    """One transfer that somebody proposed."""

    id: int
    worker_id: int | None
    agreement_id: int | None
    agent_user_id: int | None  # of an agent's transfer: somebody else must book it
    with_name: str  # of the worker, sponsor or agent; empty for unexplained money
    direction: Direction
    amount_idr: int
    bank_ref: str
    note: str
    proposed_at: datetime
    proposed_by: int
    proposer: str


@dataclass(frozen=True, kw_only=True)
class WorkerBalance:
    """An account of a worker that is not at zero: negative is what we owe."""

    account: str
    worker_id: int
    worker_name: str
    nik_masked: str
    balance_idr: int


@dataclass(frozen=True, kw_only=True)
class UnexplainedRow:
    """Unexplained money with a provider."""

    id: int
    provider: str
    amount_idr: int
    reason: str
    of_agent: bool  # an agent's, so that it can only be returned
    booked_at: datetime
    booked_by: str


def waiting_transfers(
    session: Session,
    user: User,
    *,
    unexplained_only: bool = False,
    agreement_id: int | None = None,
    of_agents: bool = False,
    limit: int,
) -> Sequence[TransferRow]:
    """The transfers that wait for a second person, oldest first; all, or those of an agreement."""
    query = (
        select(
            Transfer.id,
            Transfer.worker_id,
            Transfer.agreement_id,
            Agent.user_id.label("agent_user_id"),
            func.coalesce(Worker.name, Sponsor.name, Agent.name, "").label("with_name"),
            Transfer.direction,
            Transfer.amount_idr,
            Transfer.bank_ref,
            Transfer.note,
            Transfer.proposed_at,
            Transfer.proposed_by,
            User.name.label("proposer"),
        )
        .outerjoin(Worker, Worker.id == Transfer.worker_id)
        .outerjoin(Agreement, Agreement.id == Transfer.agreement_id)
        .outerjoin(Sponsor, Sponsor.id == Agreement.sponsor_id)
        .outerjoin(Agent, Agent.id == Transfer.agent_id)
        .join(User, User.id == Transfer.proposed_by)
        .where(_waiting(user))
        .order_by(Transfer.id)
        .limit(limit)
    )
    if unexplained_only:
        query = query.where(Transfer.unexplained_id.is_not(None))
    if agreement_id is not None:
        query = query.where(Transfer.agreement_id == agreement_id)
    if of_agents:
        query = query.where(Transfer.agent_id.is_not(None))
    return [TransferRow(**row._mapping) for row in session.execute(query)]


def open_unexplained(session: Session, user: User, *, limit: int) -> Sequence[UnexplainedRow]:
    """Open unexplained money, oldest first."""
    rows = session.execute(
        select(
            Unexplained.id,
            Unexplained.provider,
            Unexplained.amount_idr,
            Unexplained.reason,
            Unexplained.booked_at,
            Unexplained.payment_id.is_not(None).label("of_agent"),
            User.name.label("booked_by"),
        )
        .join(User, User.id == Unexplained.booked_by)
        .where(Unexplained.closed_at.is_(None), scope.of_office(user, Unexplained.office_id))
        .order_by(Unexplained.id)
        .limit(limit)
    )
    return [UnexplainedRow(**row._mapping) for row in rows]


def worker_balances(session: Session, user: User, asked: ListRequest) -> Page[WorkerBalance]:
    """Accounts of workers that are not at zero, by worker."""
    kept = BALANCES.c
    found = (
        select(
            kept.account,
            cast(func.split_part(kept.account, ":", 3), BigInteger).label("worker_id"),
            kept.amount_idr.label("balance_idr"),
        )
        .where(
            or_(
                kept.account.startswith(accounts.OWED_WORKER),
                kept.account.startswith(accounts.CLAIM_WORKER),
            ),
            kept.amount_idr != 0,
        )
        .subquery()
    )
    owed = found.c.account.startswith(accounts.OWED_WORKER)
    amount = func.abs(found.c.balance_idr, type_=BigInteger)
    listing = Listing(
        id=found.c.worker_id * 2 + cast(owed, Integer),
        sorts={"worker": Sort(Worker.name), "amount": Sort(amount, descending=True)},
        search=lambda words: Worker.name.icontains(words, autoescape=True),
        states={"owed": owed, "claim": not_(owed)},
        agent=is_agent,
        amount=amount,
    )
    query = (
        select(
            found.c.account,
            found.c.worker_id,
            Worker.name.label("worker_name"),
            Worker.nik_masked,
            found.c.balance_idr,
        )
        .join(Worker, Worker.id == found.c.worker_id)
        .outerjoin(Agent, Agent.id == Worker.agent_id)
        .where(scope.of_office(user, Worker.office_id))
    )
    return listing.page(session, query, asked).map(lambda row: row_as(WorkerBalance, row))


@dataclass(frozen=True, kw_only=True)
class SponsorsMoney:
    """What an agreement's sponsor paid too much and may get back, and what the sponsor owes."""

    owed_account: str
    owed_idr: int
    held_idr: int  # of it, for an open virtual account
    claim_account: str
    claim_idr: int


def sponsors_money(session: Session, *, agreement_id: int, office_id: int) -> SponsorsMoney:
    """The balances of an agreement's accounts."""
    owed = accounts.owed_to_sponsor(agreement_id, office_id)
    claim = accounts.claim_on_sponsor(agreement_id, office_id)
    left = -journal.balance(session, owed)
    held = bill_claims.held_elsewhere(session, agreement_id=agreement_id, bill_id=None)
    return SponsorsMoney(
        owed_account=owed,
        owed_idr=left,
        held_idr=min(held, left),
        claim_account=claim,
        claim_idr=journal.balance(session, claim),
    )


def _waiting(user: User) -> ColumnElement[bool]:
    return scope.of_office(user, Transfer.office_id) & (Transfer.state == TransferState.PROPOSED)
