"""Closing what lies on the desk: a person decides, says why, and the books follow."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.errors import Conflict, Invalid, NotFound, Refused
from agentsys.extension.contract import PaymentReport, PaymentState
from agentsys.ledger import accounts, journal
from agentsys.money import format_idr
from agentsys.payments import books
from agentsys.payments.lifecycle import accept_aside, apply_report, locked
from agentsys.payments.models import Case, CaseKind, Payment


class Resolution(StrEnum):
    """What a person can decide about a case."""

    NOTED = "noted"  # looked at; the books are right as they are
    TO_WORKER = "to_worker"  # the money is the worker's: owed until it is paid back
    ACCEPT = "accept"  # take the other amount as the payment; what is too much is the worker's
    REPAID = "repaid"  # what the worker paid too much went back from the bank account
    TAKEN_BACK = "taken_back"  # the provider took its money back: undo the payment


# What may be decided about what; the first is what a screen offers first.
RESOLUTIONS: dict[CaseKind, tuple[Resolution, ...]] = {
    CaseKind.OTHER_AMOUNT: (Resolution.TO_WORKER, Resolution.ACCEPT, Resolution.NOTED),
    CaseKind.PAID_TWICE: (Resolution.NOTED, Resolution.REPAID),
    CaseKind.PAID_LATE: (Resolution.NOTED,),
    CaseKind.UNKNOWN_ORDER: (Resolution.NOTED,),
    CaseKind.REVERSED: (Resolution.TAKEN_BACK, Resolution.NOTED),
    CaseKind.REFUNDED_AFTER_REMITTED: (Resolution.NOTED,),
    CaseKind.REFUNDED_AFTER_REPAID: (Resolution.NOTED,),
    CaseKind.CHANGED_AFTER_DECISION: (Resolution.NOTED,),
    CaseKind.UNCLEAR: (Resolution.TAKEN_BACK, Resolution.NOTED),
    CaseKind.UNANSWERED: (Resolution.NOTED,),
}


def close_case(
    session: Session, *, case_id: int, actor_id: int, note: str, resolution: Resolution
) -> Case:
    """The case, closed, with the books as the resolution says; Conflict if somebody closed it."""
    note = note.replace("\0", "").strip()
    if not note:
        raise Invalid("Isi catatan: apa yang diperiksa dan mengapa diputuskan begitu.")
    found = session.get(Case, case_id)
    if found is None:
        raise NotFound()
    # The payment before the case, as reports lock them too: so nobody waits in a ring.
    payment = locked(session, found.payment.reference) if found.payment else None
    case = session.get(
        Case, case_id, with_for_update={"of": Case, "key_share": True}, populate_existing=True
    )
    if case is None or case.closed_at is not None:
        raise Conflict("Kasus ini sudah ditutup orang lain.")
    if resolution not in RESOLUTIONS[case.kind]:
        raise Invalid(
            "Keputusan ini tidak berlaku untuk kasus seperti ini.",
            kind=case.kind.value,
            resolution=resolution.value,
        )
    at = clock.now()
    effect = _EFFECTS.get(resolution)
    if effect is not None and payment is not None:
        effect(session, payment, case, f"user:{actor_id}", at)
    elif payment is not None and case.kind is CaseKind.OTHER_AMOUNT and payment.aside_idr:
        raise Refused("Uangnya masih ditahan: putuskan untuk siapa uang ini.")
    case.closed_at = at
    case.closed_by = actor_id
    case.resolution = resolution.value
    case.note = note[:500]
    session.flush()
    trail.record(
        session,
        actor_id=actor_id,
        action="case.closed",
        subject=f"case:{case.id}",
        details={"kind": case.kind.value, "resolution": resolution.value, "about": case.subject},
    )
    return case


def _to_worker(session: Session, payment: Payment, case: Case, by: str, at: datetime) -> None:
    """Owe the set-aside money to the worker; the payment itself has failed."""
    _owe(session, payment, _aside(payment), at)
    if payment.state in (PaymentState.CREATED, PaymentState.PENDING, PaymentState.EXPIRED):
        failed = PaymentReport(
            reference=payment.reference,
            state=PaymentState.FAILED,
            amount_idr=payment.amount_idr,
            reason="jumlah lain; uang menjadi hak pekerja",
        )
        apply_report(session, report=failed, by=by, at=at)


def _accept(session: Session, payment: Payment, case: Case, by: str, at: datetime) -> None:
    """Pay the months from the set-aside money; the rest is the worker's."""
    aside = _aside(payment)
    if aside < payment.amount_idr:
        raise Refused(
            "Uang yang ditahan {aside_idr}, kurang dari tagihan {amount_idr}."
            " Kembalikan kepada pekerja, lalu tagih lagi.",
            aside_idr=aside,
            amount_idr=payment.amount_idr,
        )
    if aside > payment.amount_idr:
        _owe(session, payment, aside - payment.amount_idr, at)
    accept_aside(session, payment, by=by, at=at)


def _repaid(session: Session, payment: Payment, case: Case, by: str, at: datetime) -> None:
    """Book that the worker got back what was too much."""
    amount = int(case.facts["too_much_idr"])
    if payment.state is not PaymentState.SETTLED:
        raise Refused(
            "Penyedia sudah mengembalikan pembayaran ini. Tutup kasus dengan catatan, tanpa"
            " transfer."
        )
    owed = books.owed_to_worker(session, payment.worker_id)
    if owed < amount:
        raise Refused(
            f"Kita tinggal berutang {format_idr(max(owed, 0))} kepada pekerja ini, kurang dari"
            f" {format_idr(amount)}. Periksa pengembalian yang sudah terjadi, lalu tutup dengan"
            " catatan."
        )
    journal.lock_account(session, accounts.BANK)
    if journal.balance(session, accounts.BANK) < amount:
        raise Refused("Saldo rekening penampungan di buku tidak cukup untuk pengembalian ini.")
    journal.post(
        session,
        kind="worker.repaid",
        source=f"case:{case.id}",
        at=at,
        lines={accounts.owed_to_worker(payment.worker_id): amount, accounts.BANK: -amount},
    )


def _taken_back(session: Session, payment: Payment, case: Case, by: str, at: datetime) -> None:
    """Undo the payment, through the door."""
    refunded = PaymentReport(
        reference=payment.reference,
        state=PaymentState.REFUNDED,
        amount_idr=payment.amount_idr,
        reason="ditarik kembali oleh penyedia",
    )
    apply_report(session, report=refunded, by=by, at=at)


def _aside(payment: Payment) -> int:
    if not payment.aside_idr:
        raise Conflict("Tidak ada uang yang ditahan untuk tagihan ini; tutup kasus dengan catatan.")
    return payment.aside_idr


def _owe(session: Session, payment: Payment, amount_idr: int, at: datetime) -> None:
    payment.aside_idr -= amount_idr
    journal.post(
        session,
        kind="payment.owed_to_worker",
        source=payment.reference,
        at=at,
        lines={
            accounts.SUSPENSE: amount_idr,
            accounts.owed_to_worker(payment.worker_id): -amount_idr,
        },
    )


_EFFECTS: dict[Resolution, Callable[[Session, Payment, Case, str, datetime], None]] = {
    Resolution.TO_WORKER: _to_worker,
    Resolution.ACCEPT: _accept,
    Resolution.REPAID: _repaid,
    Resolution.TAKEN_BACK: _taken_back,
}
