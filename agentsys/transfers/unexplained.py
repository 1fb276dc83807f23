"""Money from a provider that matches no payment of ours; it is booked, never ignored."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.errors import Conflict, Invalid, Refused
from agentsys.ledger import accounts, journal
from agentsys.money import MAX_IDR
from agentsys.payments.unexplained_models import Outcome, Unexplained
from agentsys.people import scope
from agentsys.people.permissions import Permission
from agentsys.transfers.models import Transfer, TransferState
from agentsys.transfers.repayments import entitled, locked_unexplained


def book(
    session: Session,
    *,
    provider: str,
    amount_idr: int,
    reason: str,
    actor_id: int,
    office_id: int,
) -> Unexplained:
    """Book money that a provider holds for an office beyond our known payments."""
    entitled(session, actor_id, Permission.SUSPENSE_RECORD)
    scope.check_office(session, actor_id=actor_id, office_id=office_id)
    reason = " ".join(reason.replace("\0", "").split())[:200]
    if not reason:
        raise Invalid("Isi alasan: dari pesanan mana uang ini, menurut laporan penyedia.")
    if not 0 < amount_idr <= MAX_IDR:
        raise Invalid("Isi jumlah lebih dari nol.")
    found = Unexplained(
        provider=provider,
        office_id=office_id,
        amount_idr=amount_idr,
        reason=reason,
        booked_by=actor_id,
        booked_at=clock.now(),
    )
    session.add(found)
    session.flush()
    journal.post(
        session,
        kind="suspense.booked",
        source=f"unexplained:{found.id}",
        at=found.booked_at,
        lines={
            accounts.clearing(provider, office_id): amount_idr,
            accounts.suspense(office_id): -amount_idr,
        },
    )
    _record(session, found, "booked", actor_id, reason)
    return found


def explain(session: Session, *, unexplained_id: int, note: str, actor_id: int) -> Unexplained:
    """Reverse `book`, because a payment has since booked the same money."""
    actor = entitled(session, actor_id, Permission.SUSPENSE_EXPLAIN)
    note = " ".join(note.replace("\0", "").split())[:200]
    if not note:
        raise Invalid("Isi catatan: pembayaran mana yang menjelaskan uang ini.")
    found = locked_unexplained(session, unexplained_id, actor)
    if found.payment_id is not None:
        raise Refused("Uang ini milik agen yang membayarnya: kembalikan, jangan dibalik.")
    waiting = select(Transfer.id).where(
        Transfer.unexplained_id == found.id, Transfer.state == TransferState.PROPOSED
    )
    if session.scalar(waiting) is not None:
        raise Conflict("Untuk uang ini sudah ada usul yang menunggu orang kedua.")
    account = accounts.clearing(found.provider, found.office_id)
    journal.lock_account(session, accounts.clearing_of(found.provider))
    held = journal.balance(session, account)
    if held < found.amount_idr:
        raise Refused(
            "Menurut buku, penyedia ini memegang {held_idr}, kurang dari {amount_idr}:"
            " pembayaran yang menjelaskannya belum masuk buku.",
            held_idr=held,
            amount_idr=found.amount_idr,
        )
    found.outcome = Outcome.EXPLAINED
    found.note = note
    found.closed_by, found.closed_at = actor_id, clock.now()
    session.flush()
    journal.post(
        session,
        kind="suspense.explained",
        source=f"unexplained:{found.id}",
        at=clock.now(),
        lines={accounts.suspense(found.office_id): found.amount_idr, account: -found.amount_idr},
    )
    _record(session, found, "explained", actor_id, note)
    return found


def _record(session: Session, found: Unexplained, what: str, actor_id: int, why: str) -> None:
    trail.record(
        session,
        actor_id=actor_id,
        action=f"unexplained.{what}",
        subject=f"unexplained:{found.id}",
        details={"provider": found.provider, "amount_idr": found.amount_idr, "reason": why},
    )
