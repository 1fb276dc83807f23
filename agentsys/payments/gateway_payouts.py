"""Provider payouts and own funds that reached the bank account, per the bank statement."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta

from sqlalchemy import exists, func, literal, or_, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.bank_refs import ref_key
from agentsys.errors import Conflict, Invalid, Refused
from agentsys.ledger import accounts, journal
from agentsys.ledger.models import Entry
from agentsys.money import MAX_IDR
from agentsys.months import HEAD_OFFICE
from agentsys.payments.fee_models import GatewayFee
from agentsys.payments.payout_models import GatewayPayout
from agentsys.people import scope

_LATELY = timedelta(days=31)  # in which a report has booked fees, so that none is typed
_OTHER_AMOUNT = "Nomor referensi {bank_ref} sudah dicatat dengan jumlah lain."
_OTHER_OFFICE = "Nomor referensi {bank_ref} sudah dicatat untuk kantor lain."


class ProbablySame(Conflict):
    """A payout of the same provider and sum was recorded today under another reference."""

    text = (
        "Hari ini sudah dicatat pencairan sebesar ini dari penyedia yang sama, dengan nomor"
        " referensi {bank_ref}. Mungkin uang yang sama. Centang bila ini uang lain."
    )


def record_payout(
    session: Session,
    *,
    provider: str,
    bank_ref: str,
    amount_idr: int,
    fee_idr: int,
    actor_id: int,
    office_id: int | None = None,
    sure: bool = False,
) -> GatewayPayout:
    """Book a provider's payout: `amount_idr` minus the fee reached the bank account.

    It belongs to one office, or is divided among all offices in proportion to what the provider
    holds for each, which it cannot exceed. A bank reference is booked once, however it is typed.
    ProbablySame, unless somebody is `sure`, if the provider paid out the same sum today.
    """
    bank_ref = _reference(bank_ref)
    if not 0 < amount_idr <= MAX_IDR or not 0 <= fee_idr < amount_idr:
        raise Invalid("Isi jumlah pencairan lebih dari nol, dan biaya yang lebih kecil dari itu.")
    if office_id is not None:
        scope.check_office(session, actor_id=actor_id, office_id=office_id)
    journal.lock_account(session, accounts.clearing_of(provider))
    payout = GatewayPayout(
        provider=provider,
        bank_ref=bank_ref,
        amount_idr=amount_idr,
        fee_idr=fee_idr,
        office_id=office_id,
        recorded_by=actor_id,
        recorded_at=clock.now(),
    )
    known = _recorded_before(session, payout)
    if known is not None:
        return known
    _check(session, payout, sure=sure)
    held = _held_for(session, payout)
    _check_held(provider, amount_idr, sum(held.values()))
    session.add(payout)
    session.flush()
    journal.post(
        session,
        kind="payout.recorded",
        source=f"payout:{payout.id}",
        at=payout.recorded_at,
        lines=_lines(provider, divide(amount_idr, held), fee_idr),
    )
    _record(session, payout, actor_id)
    return payout


def _check(session: Session, payout: GatewayPayout, *, sure: bool) -> None:
    if not sure:
        _ask_about_same(session, payout)
    _check_fee(session, payout)


def _check_fee(session: Session, payout: GatewayPayout) -> None:
    """Refuse a typed fee where the provider's report has booked its fees lately."""
    if not payout.fee_idr:
        return
    booked = exists().where(
        GatewayFee.provider == payout.provider,
        GatewayFee.booked_at > payout.recorded_at - _LATELY,
        GatewayFee.reversed_at.is_(None),
        or_(
            literal(payout.office_id is None),
            GatewayFee.office_id.is_(None),
            GatewayFee.office_id == payout.office_id,
        ),
    )
    if session.scalar(select(booked)):
        raise Refused(
            "Biaya penyedia ini sudah dibukukan dari laporan penyelesaiannya. Isi uang yang masuk"
            " rekening saja, dengan biaya 0."
        )


def _held_for(session: Session, payout: GatewayPayout) -> dict[int, int]:
    """What the provider holds, by office: of the payout's office, or of all."""
    held = held_by_office(session, payout.provider)
    if payout.office_id is None:
        return held
    return {payout.office_id: held.get(payout.office_id, 0)}


def held_by_office(session: Session, provider: str) -> dict[int, int]:
    """What a provider holds, by office."""
    before = accounts.clearing_of(provider)
    return {
        int(account.removeprefix(before)): amount
        for account, amount in journal.balances(session, before).items()
    }


def divide(amount_idr: int, held: Mapping[int, int]) -> dict[int, int]:
    """Divide a sum in proportion to what each office has; no part exceeds that."""
    having = {office: amount for office, amount in sorted(held.items()) if amount > 0}
    total = sum(having.values())
    parts, seen, given = {}, 0, 0
    for office, amount in having.items():
        seen += amount
        parts[office] = amount_idr * seen // total - given
        given += parts[office]
    return parts


def _lines(provider: str, parts: Mapping[int, int], fee_idr: int) -> dict[str, int]:
    fees = divide(fee_idr, parts)
    lines = {}
    for office_id, part in parts.items():
        fee = fees.get(office_id, 0)
        lines[accounts.bank(office_id)] = part - fee
        lines[accounts.gateway_fee(office_id)] = fee
        lines[accounts.clearing(provider, office_id)] = -part
    return lines


def _check_held(provider: str, amount_idr: int, held: int) -> None:
    if amount_idr > held:
        raise Refused(
            "Menurut buku, penyedia ini memegang {held_idr}, jadi {amount_idr}"
            " tidak mungkin dicairkan. Periksa jumlahnya dan pembayaran yang belum masuk; catat"
            " selisihnya sebagai uang tak dikenal kalau pesanannya bukan dari sini.",
            provider=provider,
            held_idr=held,
            amount_idr=amount_idr,
        )


def record_own_funds(
    session: Session, *, bank_ref: str, amount_idr: int, actor_id: int, office_id: int
) -> bool:
    """Book own money put into an office's account, such as for gateway fees; False if known."""
    bank_ref = _reference(bank_ref)
    if not 0 < amount_idr <= MAX_IDR:
        raise Invalid("Isi jumlah lebih dari nol.")
    scope.check_office(session, actor_id=actor_id, office_id=office_id)
    journal.lock_account(session, f"own_funds:{ref_key(bank_ref)}")
    bank_ref = _as_booked(session, bank_ref)
    lines = {accounts.bank(office_id): amount_idr, accounts.own_funds(office_id): -amount_idr}
    before = journal.lines_of(session, kind="own_funds.added", source=bank_ref)
    if before:
        if before.keys() != lines.keys():
            raise Conflict(_OTHER_OFFICE, bank_ref=bank_ref)
        if before != lines:
            raise Conflict(_OTHER_AMOUNT, bank_ref=bank_ref)
        return False
    journal.post(
        session,
        kind="own_funds.added",
        source=bank_ref,
        at=clock.now(),
        lines=lines,
    )
    trail.record(
        session,
        actor_id=actor_id,
        action="own_funds.added",
        subject=f"bank:{bank_ref}"[:80],
        details={"amount_idr": amount_idr, "office_id": office_id},
    )
    return True


def _recorded_before(session: Session, payout: GatewayPayout) -> GatewayPayout | None:
    known = session.scalar(
        select(GatewayPayout).where(
            GatewayPayout.provider == payout.provider,
            func.ref_key(GatewayPayout.bank_ref) == ref_key(payout.bank_ref),
            GatewayPayout.reversed_at.is_(None),
        )
    )
    if known is None:
        return None
    if (known.amount_idr, known.fee_idr) != (payout.amount_idr, payout.fee_idr):
        raise Conflict(_OTHER_AMOUNT, bank_ref=known.bank_ref)
    if known.office_id != payout.office_id:
        raise Conflict(_OTHER_OFFICE, bank_ref=known.bank_ref)
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
            "office_id": payout.office_id,
        },
    )


def _reference(bank_ref: str) -> str:
    cleaned = " ".join(bank_ref.replace("\0", "").split())
    if not ref_key(cleaned) or len(cleaned) > 80:
        raise Invalid("Isi nomor referensi dari rekening koran (paling banyak 80 huruf).")
    return cleaned


def _as_booked(session: Session, bank_ref: str) -> str:
    """The reference as own funds with it were booked before, however it was typed then."""
    booked: str | None = session.scalar(
        select(Entry.source).where(
            Entry.kind == "own_funds.added", func.ref_key(Entry.source) == ref_key(bank_ref)
        )
    )
    return booked or bank_ref


def _ask_about_same(session: Session, payout: GatewayPayout) -> None:
    """Ask if the provider paid out the same sum on the same day under another reference."""
    day = payout.recorded_at.astimezone(HEAD_OFFICE).date()
    begin = datetime.combine(day, time.min, tzinfo=HEAD_OFFICE)
    same = session.scalar(
        select(GatewayPayout.bank_ref).where(
            GatewayPayout.provider == payout.provider,
            GatewayPayout.office_id.is_not_distinct_from(payout.office_id),
            GatewayPayout.amount_idr - GatewayPayout.fee_idr == payout.amount_idr - payout.fee_idr,
            GatewayPayout.recorded_at >= begin,
            GatewayPayout.reversed_at.is_(None),
        )
    )
    if same is not None:
        raise ProbablySame(bank_ref=same)
