"""Sponsors' bills: the months of an agreement's people, sent and dated."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.agreements import rules
from agentsys.agreements.kinds import BillState
from agentsys.agreements.models import Agreement, Bill
from agentsys.audit import trail
from agentsys.contributions.models import Contribution
from agentsys.errors import Conflict, Forbidden, NotFound, Refused
from agentsys.months import HEAD_OFFICE
from agentsys.people.models import User
from agentsys.people.permissions import Permission


class BudgetExceeded(Refused):
    """The agreement's budget does not cover the bill."""

    text = "Anggaran perjanjian ini tidak cukup untuk tagihan itu."


@dataclass(frozen=True, kw_only=True)
class Lines:
    """The open lines of a bill: how many workers, and how much in rupiah."""

    people: int
    amount_idr: int


class Numbered(Protocol):
    """A bill as a table has it, or as a page reads it."""

    @property
    def agreement_id(self) -> int:
        """Whose bill it is."""

    @property
    def month(self) -> date:
        """Of its contributions."""

    @property
    def part(self) -> int:
        """Which bill of that month it is, from 1 on."""


def number_of(bill: Numbered) -> str:
    """The number that a sponsor sees, such as `TAG-12-202611` or `TAG-12-202611-2`."""
    part = f"-{bill.part}" if bill.part > 1 else ""
    return f"TAG-{bill.agreement_id}-{bill.month:%Y%m}{part}"


def lines_of(session: Session, bill_id: int, *, unpaid: bool = False) -> Lines:
    """The lines of a bill that are not closed; only the unpaid ones, or all."""
    query: Select[int, int] = select(
        func.count(), func.coalesce(func.sum(Contribution.amount_idr), 0)
    ).where(Contribution.bill_id == bill_id)
    if unpaid:
        query = query.where(Contribution.payment_id.is_(None))
    people, amount = session.execute(query).one()
    return Lines(people=people, amount_idr=int(amount))


def send(session: Session, *, bill_id: int, actor_id: int) -> Bill:
    """Send a bill: its people and sum are fixed, and its due date is set.

    Months that are billed later come into another part of it. BudgetExceeded if the agreement's
    ceiling does not cover what was sent before and this.
    """
    bill, actor = take(session, bill_id, actor_id, Permission.BILL_SEND)
    if bill.state is not BillState.OPEN:
        raise Conflict("Tagihan ini sudah dikirim. Muat ulang halamannya.")
    lines = lines_of(session, bill.id)
    if not lines.people:
        raise Refused("Tagihan ini kosong: tidak ada pekerja yang dibayari bulan itu.")
    agreement = session.get_one(Agreement, bill.agreement_id, with_for_update={"key_share": True})
    _check_budget(session, agreement, lines)
    now = clock.now()
    today = now.astimezone(HEAD_OFFICE).date()
    bill.state, bill.sent_at, bill.sent_by = BillState.SENT, now, actor.id
    bill.due_on = today + timedelta(days=rules.setting(rules.Rule.DUE_DAYS, today).value)
    bill.people, bill.amount_idr = lines.people, lines.amount_idr
    session.flush()
    trail.record(
        session,
        actor_id=actor.id,
        action="bill.sent",
        subject=f"bill:{bill.id}",
        details={
            "number": number_of(bill),
            "people": bill.people,
            "amount_idr": bill.amount_idr,
            "due_on": bill.due_on,
        },
    )
    return bill


def take(
    session: Session, bill_id: int, actor_id: int, permission: Permission
) -> tuple[Bill, User]:
    """The bill, locked, and the user, who may do that in its office."""
    bill = session.get(Bill, bill_id, with_for_update=True, populate_existing=True)
    actor = session.get_one(User, actor_id)
    if bill is None or actor.office_id not in (bill.office_id, None):
        raise NotFound()
    if not actor.can(permission):
        raise Forbidden()
    return bill, actor


def _check_budget(session: Session, agreement: Agreement, lines: Lines) -> None:
    if agreement.most_idr is None:
        return
    before = session.scalar(
        select(func.coalesce(func.sum(Bill.amount_idr), 0)).where(
            Bill.agreement_id == agreement.id, Bill.state != BillState.OPEN
        )
    )
    asked = int(before or 0) + lines.amount_idr
    if asked > agreement.most_idr:
        raise BudgetExceeded(
            "Anggaran perjanjian {number} {most_idr}; dengan tagihan ini menjadi {asked_idr}."
            " Minta sponsor menambah anggaran, atau kurangi daftarnya.",
            number=agreement.number,
            most_idr=agreement.most_idr,
            asked_idr=asked,
        )
