"""Asking for a payer's consent to debit an account.

Nobody here consents: the payer does, on the provider's own page. `consent_url` is for the payer's
page only, and no agent is shown it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.contributions.payer import refuse_debits
from agentsys.crypto import Vault
from agentsys.errors import Conflict, Invalid, NotFound
from agentsys.extension.contract import MandateChannel, MandateEnd, MandateState
from agentsys.payments.mandate_models import Mandate, MandateWorker, Relation
from agentsys.payments.mandates import observed
from agentsys.payments.mandates.rules import FIRST_DAY, LATEST_DAY
from agentsys.payments.references import new_reference
from agentsys.payments.requests import check_key
from agentsys.workers import seals
from agentsys.workers.models import Worker

CONSENT_TEXT = "2026-11"  # version of the text that the payer reads before consenting
_PHONE = re.compile(r"\+62[1-9]\d{7,12}")
_WAITING = (MandateState.ASKED, MandateState.PENDING)


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a payer is to agree to."""

    workers: Mapping[int, Relation]  # by worker: whose account it is, seen from the worker
    holder_name: str
    phone: str  # +62…; may be empty if the channel does not need it
    cap_idr: int
    month_cap_idr: int
    debit_day: int


def ask_mandate(
    session: Session,
    *,
    key: str,
    channel: MandateChannel,
    wish: Wish,
    vault: Vault,
    actor_id: int | None,
    return_url: str = "",
    place: Mapping[str, str] | None = None,
    replace: bool = False,
) -> Mandate:
    """Store a mandate that its payer is to consent to; idempotent by key.

    A job then asks the provider for its consent page (`linking.ask_providers`): poll until
    `consent_url` is set. `actor_id` is None on the payer's own page; `place` is where it was asked,
    such as address and device, and is kept as evidence. A worker who has a mandate gets a Conflict
    unless `replace`: then the old one goes on until the payer has consented to the new one. So does
    a key that was used for another wish, or for a mandate that has ended, and an account that pays
    for other workers already. PaidByOthers if a sponsor pays for a worker.
    """
    check_key(key)
    _check(channel, wish)
    offices = _lock_workers(session, wish.workers)
    known = session.scalar(select(Mandate).where(Mandate.key == key))
    if known is not None:
        _check_same(known, channel.name, wish, vault)
        return known
    refuse_debits(session, wish.workers)
    _make_way(session, wish.workers, replace=replace)
    mandate = _of(wish, vault, key=key, channel=channel.name, office_id=offices.pop())
    if observed.is_taken(
        session, channel=channel.name, phone_index=mandate.phone_index, workers=wish.workers
    ):
        raise Conflict(observed.TAKEN)
    mandate.asked_by, mandate.asked_from = actor_id, dict(place or {})
    mandate.return_url = return_url
    session.add(mandate)
    session.flush()
    observed.append_move(session, mandate, None, MandateState.ASKED, by=_by(actor_id))
    trail.record(
        session,
        actor_id=actor_id,
        action="mandate.asked",
        subject=f"mandate:{mandate.id}",
        details={"channel": channel.name, "workers": sorted(wish.workers)},
    )
    return mandate


def _of(wish: Wish, vault: Vault, *, key: str, channel: str, office_id: int) -> Mandate:
    reference = new_reference()
    return Mandate(
        reference=reference,
        key=key,
        channel=channel,
        office_id=office_id,
        holder_name=wish.holder_name.strip(),
        phone_sealed=vault.seal(wish.phone, seals.mandate_phone_of(reference)),
        phone_index=_phone_index(vault, wish.phone),
        cap_idr=wish.cap_idr,
        month_cap_idr=wish.month_cap_idr,
        debit_day=wish.debit_day,
        consent_text=CONSENT_TEXT,
        next_check_at=clock.now(),
        workers=[
            MandateWorker(worker_id=worker_id, relation=relation)
            for worker_id, relation in sorted(wish.workers.items())
        ],
    )


def _phone_index(vault: Vault, phone: str) -> bytes:
    """What finds an account by its phone; empty if the channel needs none."""
    return vault.index(phone) if phone else b""


def _check(channel: MandateChannel, wish: Wish) -> None:
    if not wish.workers:
        raise Invalid("Pilih pekerja yang iurannya akan didebit.")
    if len(wish.workers) > 1 and not channel.capabilities.shared:
        raise Invalid(
            "Satu akun {label} hanya dapat membayar untuk satu pekerja.", label=channel.label
        )
    if not _PHONE.fullmatch(wish.phone) and (wish.phone or channel.needs_phone):
        raise Invalid("Isi nomor HP akun, seperti 0812 3456 7890.")
    if not wish.holder_name.replace("\0", "").strip():
        raise Invalid("Isi nama pemilik akun.")
    check_day(wish.debit_day)
    if not 0 < wish.cap_idr <= wish.month_cap_idr <= channel.limits.max_idr:
        raise Invalid(
            "Batas sebulan harus paling sedikit batas sekali debit, dan paling banyak {most_idr}.",
            most_idr=channel.limits.max_idr,
        )


def check_day(debit_day: int) -> None:
    """Refuse a day of the month that payers may not choose."""
    if not FIRST_DAY <= debit_day <= LATEST_DAY:
        raise Invalid("Pilih tanggal debit 1 sampai 28.")


def _check_same(known: Mandate, channel: str, wish: Wish, vault: Vault) -> None:
    """Refuse a form that was sent before, then changed, and sent again."""
    same = (
        known.channel == channel
        and {w.worker_id: w.relation for w in known.workers} == dict(wish.workers)
        and known.holder_name == wish.holder_name.strip()
        and known.phone_index == _phone_index(vault, wish.phone)
        and (known.cap_idr, known.month_cap_idr) == (wish.cap_idr, wish.month_cap_idr)
        and known.debit_day == wish.debit_day
    )
    if not same or known.state is MandateState.ENDED:
        raise Conflict(
            "Isian ini sudah pernah dikirim dengan data lain. Muat ulang halaman, lalu isi lagi."
        )


def _lock_workers(session: Session, workers: Collection[int]) -> set[int]:
    """The one office of the workers, who stay locked: two requests for one wait for each other."""
    rows = session.execute(
        select(Worker.id, Worker.office_id)
        .where(Worker.id.in_(workers))
        .order_by(Worker.id)
        .with_for_update(key_share=True)
    ).all()
    if len(rows) != len(workers):
        raise NotFound("Pekerja tidak ditemukan, atau bukan bagian Anda.")
    offices = {office_id for _, office_id in rows}
    if len(offices) != 1:
        raise Invalid("Semua pekerja harus dari satu kantor.")
    return offices


def _make_way(session: Session, workers: Collection[int], *, replace: bool) -> None:
    """End mandates that still wait for consent; Conflict if the workers have one and may not."""
    rows = session.scalars(
        select(Mandate)
        .join(MandateWorker, MandateWorker.mandate_id == Mandate.id)
        .where(
            MandateWorker.worker_id.in_(workers),
            MandateWorker.until.is_(None),
            Mandate.state != MandateState.ENDED,
        )
        .order_by(Mandate.id)
        .with_for_update(of=Mandate)
        .execution_options(populate_existing=True)
    ).unique()
    earlier = rows.all()
    if earlier and not replace:
        raise Conflict("Pekerja ini sudah punya debit otomatis. Hentikan yang lama lebih dahulu.")
    for mandate in earlier:
        if mandate.state in _WAITING:
            observed.end(session, mandate, MandateEnd.REPLACED, by="payer")


def _by(actor_id: int | None) -> str:
    return f"user:{actor_id}" if actor_id else "payer"
