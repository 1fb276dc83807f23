"""What BPJS paid an office for commissions: one person records it, a second one confirms.

A commission is an expectation until then. What BPJS paid for an agent can be paid out; what it
paid more or less than we computed stays open, for each agent, until two people settled it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.commissions.models import Statement, StatementState
from agentsys.errors import Forbidden, Invalid, NotFound, Refused
from agentsys.months import HEAD_OFFICE
from agentsys.payments.transitions import Transition, decide
from agentsys.payouts.receipt_booking import book
from agentsys.payouts.receipt_models import (
    CommissionReceipt,
    CommissionReceiptLine,
    ReceiptState,
)
from agentsys.people import second_person
from agentsys.people.models import Agent, User
from agentsys.people.permissions import Permission
from agentsys.terms.models import CommissionFunding

LONGEST_REF = 80
LONGEST_REASON = 200


class ReceiptAction(StrEnum):
    """What the second person does with a recorded payment of BPJS, or who recorded it."""

    CONFIRM = "confirm"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"


_S, _A = ReceiptState, ReceiptAction
RECEIPT_TRANSITIONS = {
    (_S.RECORDED, _A.CONFIRM): Transition(_S.CONFIRMED, by=Permission.COMMISSION_PAY_APPROVE),
    (_S.RECORDED, _A.REFUSE): Transition(_S.REFUSED, by=Permission.COMMISSION_PAY_APPROVE),
    (_S.RECORDED, _A.WITHDRAW): Transition(_S.WITHDRAWN, by=Permission.COMMISSION_PAY_PREPARE),
}


@dataclass(frozen=True, kw_only=True)
class Paid:
    """What BPJS paid: for each agent by code, for the office itself, and the tax it withheld."""

    month: date
    by_agent: Mapping[str, int]  # empty: as we computed
    office_idr: int | None  # None: as we computed
    total_idr: int  # gross, before tax
    tax_idr: int
    bank_ref: str
    received_on: date


@dataclass(frozen=True, kw_only=True)
class Open:
    """A statement of which BPJS has not paid everything."""

    statement_id: int
    code: str
    open_idr: int


def open_statements(session: Session, *, office_id: int, month: date) -> list[Open]:
    """The approved statements that BPJS pays, with what it has not paid of each, by agent's code.

    Those of which it paid another sum are left out: their difference is settled by two people.
    """
    rows = session.execute(
        select(Statement.id, Agent.code, Statement.agent_idr)
        .join(Agent, Agent.id == Statement.agent_id)
        .where(
            Statement.office_id == office_id,
            Statement.month == month,
            Statement.state == StatementState.APPROVED,
            Statement.funding == CommissionFunding.BPJS,
            Statement.received_idr.is_(None),
        )
        .order_by(Agent.code)
    )
    return [Open(statement_id=number, code=code, open_idr=idr) for number, code, idr in rows]


def office_part(session: Session, *, office_id: int, month: date) -> int:
    """What of the office's own part BPJS has not paid for a month, in rupiah."""
    due: int = (
        session.scalar(
            select(func.coalesce(func.sum(Statement.office_idr), 0)).where(
                Statement.office_id == office_id,
                Statement.month == month,
                Statement.state == StatementState.APPROVED,
                Statement.funding == CommissionFunding.BPJS,
            )
        )
        or 0
    )
    paid: int = (
        session.scalar(
            select(func.coalesce(func.sum(CommissionReceipt.office_idr), 0)).where(
                CommissionReceipt.office_id == office_id,
                CommissionReceipt.month == month,
                CommissionReceipt.state == _S.CONFIRMED,
            )
        )
        or 0
    )
    return int(due) - int(paid)


def record(session: Session, *, office_id: int, paid: Paid, actor_id: int) -> CommissionReceipt:
    """Record a payment of BPJS; Refused says what does not fit."""
    actor = _actor(session, actor_id)
    if not actor.can(Permission.COMMISSION_PAY_PREPARE):
        raise Forbidden(permission=Permission.COMMISSION_PAY_PREPARE.value)
    if actor.office_id not in (office_id, None):
        raise NotFound()
    bank_ref = " ".join(paid.bank_ref.replace("\0", "").split())[:LONGEST_REF]
    if not bank_ref:
        raise Invalid("Isi nomor referensi bank dari mutasi rekening.", about="bank_ref")
    if paid.received_on > clock.now().astimezone(HEAD_OFFICE).date():
        raise Invalid("Tanggal masuknya uang belum tiba.", about="received_on")
    office_idr = paid.office_idr
    if office_idr is None:
        office_idr = office_part(session, office_id=office_id, month=paid.month)
    lines = _lines(session, office_id, paid, office_idr)
    gross_idr = sum(lines.values()) + office_idr
    if gross_idr != paid.total_idr:
        raise Invalid(
            "Jumlah rincian {sum_idr}, termasuk bagian kantor {office_idr}, berbeda dari yang"
            " dibayar BPJS {total_idr}. Tempel rincian BPJS per agen, atau perbaiki jumlahnya.",
            sum_idr=gross_idr,
            office_idr=office_idr,
            total_idr=paid.total_idr,
            about="total_idr",
        )
    if not 0 <= paid.tax_idr < gross_idr:
        raise Invalid("Pajak yang dipotong BPJS harus lebih kecil dari jumlahnya.", about="tax_idr")
    _check_reference(session, office_id, bank_ref)
    found = CommissionReceipt(
        office_id=office_id,
        month=paid.month,
        gross_idr=gross_idr,
        office_idr=office_idr,
        tax_idr=paid.tax_idr,
        bank_ref=bank_ref,
        received_on=paid.received_on,
        recorded_by=actor.id,
        recorded_at=clock.now(),
    )
    session.add(found)
    session.flush()
    session.add_all(
        CommissionReceiptLine(receipt_id=found.id, statement_id=number, paid_idr=idr)
        for number, idr in lines.items()
    )
    session.flush()
    _record(session, found, actor)
    return found


def decide_receipt(
    session: Session, *, receipt_id: int, action: ReceiptAction, actor_id: int, reason: str = ""
) -> CommissionReceipt:
    """Confirm a recorded payment as a second person, which books it; or refuse or withdraw it."""
    actor = _actor(session, actor_id)
    found = session.get(CommissionReceipt, receipt_id, with_for_update=True, populate_existing=True)
    if found is None or actor.office_id not in (found.office_id, None):
        raise NotFound()
    if action is _A.WITHDRAW and found.recorded_by != actor.id:
        raise NotFound()
    to = decide(RECEIPT_TRANSITIONS, found.state, action, actor)
    reason = " ".join(reason.replace("\0", "").split())[:LONGEST_REASON]
    if to is not _S.WITHDRAWN:
        if actor.id == found.recorded_by:
            raise Forbidden("Pembayaran BPJS dikonfirmasi orang kedua, bukan yang mencatatnya.")
        second_person.check(session, second=actor, first_ids=[found.recorded_by])
    if to is _S.REFUSED and not reason:
        raise Invalid("Isi alasan ditolak, supaya pencatat tahu apa yang diperbaiki.")
    found.reason = reason if to is _S.REFUSED else ""
    found.state = to
    found.decided_by, found.decided_at = actor.id, clock.now()
    if to is _S.CONFIRMED:
        book(session, found)
    session.flush()
    _record(session, found, actor)
    return found


def _check_reference(session: Session, office_id: int, bank_ref: str) -> None:
    same = select(CommissionReceipt.id).where(
        CommissionReceipt.office_id == office_id,
        func.ref_key(CommissionReceipt.bank_ref) == func.ref_key(bank_ref),
        CommissionReceipt.state.in_((_S.RECORDED, _S.CONFIRMED)),
    )
    if session.scalar(same) is not None:
        raise Invalid("Nomor referensi bank itu sudah dicatat.", about="bank_ref")


def _lines(session: Session, office_id: int, paid: Paid, office_idr: int) -> dict[int, int]:
    """What BPJS paid by statement; Invalid names agents without an approved statement."""
    waiting = {
        each.code: each for each in open_statements(session, office_id=office_id, month=paid.month)
    }
    if not waiting:
        raise Refused(
            "Tidak ada laporan komisi bulan {month} yang disetujui dan belum dibayar BPJS.",
            month=paid.month,
        )
    if not paid.by_agent:
        return {each.statement_id: each.open_idr for each in waiting.values()}
    unknown = sorted(paid.by_agent.keys() - waiting.keys())
    if unknown:
        raise Invalid(
            "Tanpa laporan komisi bulan {month} yang disetujui dan belum dibayar: {codes}."
            " Setujui dulu laporannya, atau perbaiki kodenya.",
            month=paid.month,
            codes=unknown,
            about="lines",
        )
    return {waiting[code].statement_id: idr for code, idr in paid.by_agent.items()}


def _actor(session: Session, actor_id: int) -> User:
    actor = session.get(User, actor_id)
    if actor is None:
        raise NotFound()
    return actor


def _record(session: Session, found: CommissionReceipt, actor: User) -> None:
    trail.record(
        session,
        actor_id=actor.id,
        action=f"commission_receipt.{found.state.value}",
        subject=f"commission_receipt:{found.id}",
        details={
            "office_id": found.office_id,
            "month": f"{found.month:%Y-%m}",
            "gross_idr": found.gross_idr,
            "office_idr": found.office_idr,
            "tax_idr": found.tax_idr,
            "bank_ref": found.bank_ref,
            "reason": found.reason,
        },
    )
