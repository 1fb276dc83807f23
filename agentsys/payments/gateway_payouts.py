"""Money that reaches the bank account, as finance sees it on the statement."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.errors import Conflict, Invalid, Refused
from agentsys.ledger import accounts, journal
from agentsys.money import MAX_IDR
from agentsys.payments.models import GatewayPayout

_OTHER_AMOUNT = "Nomor referensi {bank_ref} sudah dicatat dengan jumlah lain."


def record_payout(
    session: Session,
    *,
    provider: str,
    bank_ref: str,
    amount_idr: int,
    fee_idr: int,
    actor_id: int,
) -> GatewayPayout:
    """A provider's payout: `amount_idr` leaves the provider, less the fee it reaches the bank.

    One bank reference is booked once; more than the provider holds for us is refused.
    """
    bank_ref = _reference(bank_ref)
    if not 0 < amount_idr <= MAX_IDR or not 0 <= fee_idr < amount_idr:
        raise Invalid("Isi jumlah pencairan lebih dari nol, dan biaya yang lebih kecil dari itu.")
    account = accounts.clearing(provider)
    journal.lock_account(session, account)
    known = _recorded_before(session, provider, bank_ref, amount_idr, fee_idr)
    if known is not None:
        return known
    _check_held(session, provider, amount_idr)
    payout = GatewayPayout(
        provider=provider,
        bank_ref=bank_ref,
        amount_idr=amount_idr,
        fee_idr=fee_idr,
        recorded_by=actor_id,
        recorded_at=clock.now(),
    )
    session.add(payout)
    session.flush()
    journal.post(
        session,
        kind="payout.recorded",
        source=f"payout:{payout.id}",
        at=payout.recorded_at,
        lines={
            accounts.BANK: amount_idr - fee_idr,
            accounts.GATEWAY_FEE: fee_idr,
            account: -amount_idr,
        },
    )
    _record(session, payout, actor_id)
    return payout


def _check_held(session: Session, provider: str, amount_idr: int) -> None:
    held = journal.balance(session, accounts.clearing(provider))
    if amount_idr > held:
        raise Refused(
            "Menurut buku, penyedia ini memegang {held_idr}, jadi {amount_idr}"
            " tidak mungkin dicairkan. Periksa jumlahnya dan pembayaran yang belum masuk; catat"
            " selisihnya sebagai uang tak dikenal kalau pesanannya bukan dari sini.",
            provider=provider,
            held_idr=held,
            amount_idr=amount_idr,
        )


def record_own_funds(session: Session, *, bank_ref: str, amount_idr: int, actor_id: int) -> bool:
    """Book own money put into the collection account, such as for gateway fees; False if known."""
    bank_ref = _reference(bank_ref)
    if not 0 < amount_idr <= MAX_IDR:
        raise Invalid("Isi jumlah lebih dari nol.")
    journal.lock_account(session, accounts.BANK)
    before = journal.lines_of(session, kind="own_funds.added", source=bank_ref)
    if before:
        if before[accounts.BANK] != amount_idr:
            raise Conflict(_OTHER_AMOUNT, bank_ref=bank_ref)
        return False
    journal.post(
        session,
        kind="own_funds.added",
        source=bank_ref,
        at=clock.now(),
        lines={accounts.BANK: amount_idr, accounts.OWN_FUNDS: -amount_idr},
    )
    trail.record(
        session,
        actor_id=actor_id,
        action="own_funds.added",
        subject=f"bank:{bank_ref}"[:80],
        details={"amount_idr": amount_idr},
    )
    return True


def _recorded_before(
    session: Session, provider: str, bank_ref: str, amount_idr: int, fee_idr: int
) -> GatewayPayout | None:
    known = session.scalar(
        select(GatewayPayout).where(
            GatewayPayout.provider == provider, GatewayPayout.bank_ref == bank_ref
        )
    )
    if known is not None and (known.amount_idr, known.fee_idr) != (amount_idr, fee_idr):
        raise Conflict(_OTHER_AMOUNT, bank_ref=bank_ref)
    return known


def _record(session: Session, payout: GatewayPayout, actor_id: int) -> None:
    trail.record(
        session,
        actor_id=actor_id,
        action="payout.recorded",
        subject=f"payout:{payout.id}",
        details={
            "provider": payout.provider,
            "bank_ref": payout.bank_ref,
            "amount_idr": payout.amount_idr,
            "fee_idr": payout.fee_idr,
        },
    )


def _reference(bank_ref: str) -> str:
    cleaned = " ".join(bank_ref.replace("\0", "").split())
    if not 1 <= len(cleaned) <= 80:
        raise Invalid("Isi nomor referensi dari rekening koran (paling banyak 80 huruf).")
    return cleaned
