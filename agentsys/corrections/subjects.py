"""What can be corrected: when, what its entry is, and what follows besides the counter-entry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from agentsys.contributions.models import Contribution
from agentsys.corrections.models import Correctable
from agentsys.errors import Conflict, NotFound, Refused
from agentsys.extension.contract import PaymentState
from agentsys.ledger import journal
from agentsys.ledger.models import Entry, Posting
from agentsys.payments import deposit_moves
from agentsys.payments.deposit_models import Deposit, DepositState
from agentsys.payments.fee_models import GatewayFee
from agentsys.payments.models import Payment
from agentsys.payments.payout_models import GatewayPayout
from agentsys.payments.unexplained_models import Unexplained
from agentsys.people.models import Agent, User
from agentsys.statements.models import BankMatch, ThingKind
from agentsys.transfers.models import Transfer, TransferState

_ENTRY = {
    Correctable.DEPOSIT: ("deposit.confirmed",),
    Correctable.TRANSFER: (
        "worker.repaid",
        "worker.received",
        "sponsor.repaid",
        "sponsor.received",
        "shortage.paid",
        "surplus.returned",
        "suspense.returned",
    ),
    Correctable.PAYOUT: ("payout.recorded",),
    Correctable.FEE: ("gateway_fee.charged",),
}
_THING = {
    Correctable.DEPOSIT: ThingKind.DEPOSIT,
    Correctable.TRANSFER: ThingKind.TRANSFER,
    Correctable.PAYOUT: ThingKind.PAYOUT,
}


Row = Deposit | Transfer | GatewayPayout | GatewayFee
_TABLE: Mapping[Correctable, type[Row]] = {
    Correctable.DEPOSIT: Deposit,
    Correctable.TRANSFER: Transfer,
    Correctable.PAYOUT: GatewayPayout,
    Correctable.FEE: GatewayFee,
}


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A deposit, transfer, payout or fee that somebody looks at to correct it, locked."""

    what: Correctable
    id: int
    office_id: int | None  # None: its entry is in the books of several offices
    own_user_id: int | None  # of the agent whose money it is: somebody else must decide
    row: Row
    lines: Mapping[str, int]  # of its entry

    @property
    def amount_idr(self) -> int:
        """Rupiah that its entry moved."""
        return sum(amount for amount in self.lines.values() if amount > 0)


def found(session: Session, what: Correctable, subject_id: int, actor: User) -> Subject:
    """The subject, locked, if it is of the actor's office; NotFound if not."""
    if what is Correctable.DEPOSIT:
        deposit = session.get(Deposit, subject_id)
        if deposit is not None:
            deposit_moves.locked_agent(session, deposit.agent_id)
    kind = _TABLE[what]
    locked = {"of": kind, "key_share": True}
    row: Row | None = session.get(  # type: ignore[assignment]
        kind, subject_id, with_for_update=locked, populate_existing=True
    )
    if row is None or (actor.office_id not in (row.office_id, None) and row.office_id is not None):
        raise NotFound()
    agent_id = None if isinstance(row, (GatewayPayout, GatewayFee)) else row.agent_id
    agent = session.get(Agent, agent_id) if agent_id is not None else None
    return Subject(
        what=what,
        id=subject_id,
        office_id=row.office_id,
        own_user_id=agent.user_id if agent is not None else None,
        row=row,
        lines=lines_of(session, what, subject_id),
    )


def lines_of(session: Session, what: Correctable, subject_id: int) -> dict[str, int]:
    """The lines of the entry of a subject by account; empty if nothing was booked."""
    rows = session.execute(
        select(Posting.account, Posting.amount_idr)
        .join(Entry, Entry.id == Posting.entry_id)
        .where(Entry.kind.in_(_ENTRY[what]), Entry.source == f"{what.value}:{subject_id}")
    )
    return {account: amount for account, amount in rows}


def check(session: Session, subject: Subject) -> None:
    """Refused if it cannot be corrected now, with what is possible instead."""
    row = subject.row
    match row:
        case Deposit():
            _check_deposit(session, row)
        case Transfer():
            if row.state is not TransferState.BOOKED:
                raise Conflict("Transfer ini belum dibukukan, atau sudah dikoreksi.")
        case GatewayPayout():
            if row.reversed_at is not None:
                raise Conflict("Pencairan ini sudah dikoreksi.")
        case GatewayFee():
            if row.reversed_at is not None:
                raise Conflict("Biaya ini sudah dikoreksi.")
    matched = exists().where(
        BankMatch.kind == _THING.get(subject.what),  # the line of a fee stays with its payment
        BankMatch.thing_id == subject.id,
        BankMatch.undone_at.is_(None),
    )
    if session.scalar(select(matched)):
        raise Refused(
            "Mutasi rekening sudah dicocokkan dengan ini, jadi bank menunjukkan uangnya. Lepaskan"
            " dulu kecocokan itu di Mutasi bank kalau memang salah."
        )
    if not subject.lines:
        raise Refused("Ini tidak dibukukan dengan ayat jurnal, jadi tidak ada yang dikoreksi.")


def undo(session: Session, subject: Subject, *, actor: User, at: datetime, reason: str) -> None:
    """Change the subject's own state: a deposit's receipts are with the agent again."""
    row = subject.row
    match row:
        case Deposit():
            deposit_moves.empty(session, row)
            deposit_moves.decide(
                session, row, DepositState.RETURNED, actor_id=actor.id, at=at, reason=reason
            )
        case Transfer():
            row.state = TransferState.REVERSED
            if row.unexplained_id is not None:
                odd = session.get_one(Unexplained, row.unexplained_id, with_for_update=True)
                odd.outcome = odd.closed_by = odd.closed_at = None
        case GatewayPayout() | GatewayFee():
            row.reversed_at = at
    session.flush()


def lock_accounts(session: Session, subject: Subject) -> None:
    """Lock the balances that the counter-entry changes, always in one order."""
    for account in sorted(subject.lines):
        journal.lock_account(session, account)


def _check_deposit(session: Session, deposit: Deposit) -> None:
    if deposit.channel:
        raise Refused("Setoran ini dibayar ke penyedia: laporannya yang menentukan, bukan orang.")
    if deposit.state is not DepositState.CONFIRMED:
        raise Conflict("Setoran ini belum dikonfirmasi, atau sudah dikembalikan.")
    sent = session.scalar(
        select(Contribution.remittance_id)
        .join(Payment, Payment.id == Contribution.payment_id)
        .where(Payment.deposit_id == deposit.id, Contribution.remittance_id.is_not(None))
        .limit(1)
    )
    if sent is not None:
        raise Refused(
            "Uang setoran ini sudah dipakai untuk setoran #{remittance_id} ke BPJS. Selama belum"
            " LUNAS, batalkan dulu setoran itu; sesudah LUNAS, catat kekurangannya pada agen.",
            remittance_id=sent,
        )
    void = exists().where(Payment.deposit_id == deposit.id, Payment.state == PaymentState.REFUNDED)
    if session.scalar(select(void)):
        raise Refused(
            "Di setoran ini ada kuitansi yang sudah dibatalkan, dan uangnya sudah menjadi hak"
            " pekerja. Catat kekurangannya pada agen."
        )
