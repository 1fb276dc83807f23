"""Batches of payouts and their lines, as typed values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, select, true
from sqlalchemy.orm import Session, aliased

from agentsys.errors import NotFound
from agentsys.listing.pages import Listing, Page, Sort, row_as
from agentsys.listing.request import ListRequest
from agentsys.listing.words import matches
from agentsys.papers.account_models import AgentAccount
from agentsys.payouts.models import BatchState, LineState, PayoutBatch, PayoutFile, PayoutLine
from agentsys.people.models import Agent, Office, User

BATCH_TABS: dict[str, ColumnElement[bool]] = {
    "open": PayoutBatch.state.in_((BatchState.PREPARED, BatchState.APPROVED, BatchState.SENT)),
    "ended": PayoutBatch.state.in_((BatchState.FINISHED, BatchState.CANCELLED)),
    "all": true(),
}


@dataclass(frozen=True, kw_only=True)
class BatchRow:
    """A batch of payouts with its sums."""

    id: int
    office_id: int
    office: str
    layout: str
    state: BatchState
    prepared_by: int
    preparer: str
    prepared_at: datetime
    decider: str | None
    decided_at: datetime | None
    sent_at: datetime | None
    reason: str
    lines: int
    net_idr: int
    tax_idr: int


@dataclass(frozen=True, kw_only=True)
class LineRow:
    """One payout, with the account that it goes to, masked."""

    id: int
    agent_id: int
    agent_name: str
    key: str
    bank: str
    holder: str
    number: str
    gross_idr: int
    deduction_idr: int
    tax_idr: int
    again_idr: int
    net_idr: int
    state: LineState
    paid_on: date | None
    bank_ref: str
    reason: str
    is_new_account: bool  # another one than that of the agent's last payout


def batches(session: Session, user: User, asked: ListRequest) -> Page[BatchRow]:
    """The batches of the user's offices, the newest first."""
    listing = Listing(
        id=PayoutBatch.id,
        sorts={"prepared": Sort(PayoutBatch.id, descending=True)},
        tabs=BATCH_TABS,
        at=PayoutBatch.prepared_at,
    )
    page = listing.page(session, _batches(user), asked)
    return page.map(lambda row: row_as(BatchRow, row))


def batch(session: Session, user: User, batch_id: int) -> BatchRow:
    """One batch; NotFound if the user may not see it."""
    row = session.execute(_batches(user).where(PayoutBatch.id == batch_id)).one_or_none()
    if row is None:
        raise NotFound()
    return BatchRow(**row._mapping)


def file_of(session: Session, batch_id: int) -> tuple[str, str] | None:
    """The name and the SHA-256 of a batch's file; None before there is one."""
    row = session.execute(
        select(PayoutFile.name, PayoutFile.sha256).where(PayoutFile.batch_id == batch_id)
    ).one_or_none()
    return None if row is None else (row.name, row.sha256)


def lines(session: Session, batch_id: int, asked: ListRequest) -> Page[LineRow]:
    """The payouts of a batch; those to another account than last time come first."""
    is_new = _is_new_account()
    listing = Listing(
        id=PayoutLine.id,
        sorts={
            "account": Sort(case((is_new, 0), else_=1)),
            "name": Sort(Agent.name),
            "net": Sort(PayoutLine.net_idr, descending=True),
        },
        search=lambda words: matches(words, Agent.name, Agent.code),
        states={state.value: PayoutLine.state == state for state in LineState},
        amount=PayoutLine.net_idr,
    )
    query = (
        select(
            PayoutLine.id,
            PayoutLine.agent_id,
            Agent.name.label("agent_name"),
            PayoutLine.key,
            AgentAccount.bank,
            AgentAccount.holder,
            AgentAccount.number_masked.label("number"),
            PayoutLine.gross_idr,
            PayoutLine.deduction_idr,
            PayoutLine.tax_idr,
            PayoutLine.again_idr,
            PayoutLine.net_idr,
            PayoutLine.state,
            PayoutLine.paid_on,
            PayoutLine.bank_ref,
            PayoutLine.reason,
            is_new.label("is_new_account"),
        )
        .join(Agent, Agent.id == PayoutLine.agent_id)
        .join(AgentAccount, AgentAccount.id == PayoutLine.account_id)
        .where(PayoutLine.batch_id == batch_id)
    )
    return listing.page(session, query, asked).map(lambda row: row_as(LineRow, row))


def _is_new_account() -> ColumnElement[bool]:
    """Whether a payout goes to another account than the agent's last one."""
    before = aliased(PayoutLine)
    last_account = (
        select(before.account_id)
        .where(
            before.agent_id == PayoutLine.agent_id,
            before.number < PayoutLine.number,
            before.state.in_((LineState.SENT, LineState.SUCCEEDED)),
        )
        .order_by(before.number.desc())
        .limit(1)
        .correlate(PayoutLine)
        .scalar_subquery()
    )
    return func.coalesce(last_account != PayoutLine.account_id, False)


def batch_of(session: Session, user: User, line_id: int) -> int:
    """The batch of a payout; NotFound if the user may not see it."""
    found = session.scalar(
        select(PayoutLine.batch_id).where(
            PayoutLine.id == line_id, seen_by(user, PayoutLine.office_id)
        )
    )
    if found is None:
        raise NotFound()
    return found


def offices_of(session: Session, user: User) -> list[tuple[int, str]]:
    """The open offices for which the user may prepare payouts, by name."""
    rows = session.execute(
        select(Office.id, Office.name)
        .where(seen_by(user, Office.id), Office.closed_at.is_(None))
        .order_by(Office.name)
    )
    return [(number, name) for number, name in rows]


def _batches(user: User) -> Select[*tuple[Any, ...]]:
    preparer, decider = aliased(User), aliased(User)
    counted = PayoutLine.state != LineState.CANCELLED
    sums = (
        select(
            func.count().label("lines"),
            func.coalesce(func.sum(PayoutLine.net_idr), 0).label("net_idr"),
            func.coalesce(func.sum(PayoutLine.tax_idr), 0).label("tax_idr"),
        )
        .where(PayoutLine.batch_id == PayoutBatch.id, counted)
        .correlate(PayoutBatch)
        .lateral("sums")
    )
    return (
        select(
            PayoutBatch.id,
            PayoutBatch.office_id,
            Office.name.label("office"),
            PayoutBatch.layout,
            PayoutBatch.state,
            PayoutBatch.prepared_by,
            preparer.name.label("preparer"),
            PayoutBatch.prepared_at,
            decider.name.label("decider"),
            PayoutBatch.decided_at,
            PayoutBatch.sent_at,
            PayoutBatch.reason,
            sums.c.lines,
            sums.c.net_idr,
            sums.c.tax_idr,
        )
        .join_from(PayoutBatch, Office, Office.id == PayoutBatch.office_id)
        .join_from(PayoutBatch, sums, true())
        .join_from(PayoutBatch, preparer, preparer.id == PayoutBatch.prepared_by)
        .outerjoin_from(PayoutBatch, decider, decider.id == PayoutBatch.decided_by)
        .where(seen_by(user, PayoutBatch.office_id))
    )


def seen_by(user: User, office_id: Any) -> ColumnElement[bool]:
    """The condition that an office is in the user's reach."""
    found: ColumnElement[bool] = true() if user.sees_all_offices else office_id == user.office_id
    return found
