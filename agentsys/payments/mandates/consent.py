"""Mandates: asking for a payer's consent, following it at the provider, and ending it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.crypto import Vault
from agentsys.db import in_transaction, transaction
from agentsys.errors import Conflict, Invalid, NotFound, Unavailable
from agentsys.extension.contract import (
    ChannelUnavailable,
    MandateChannel,
    MandateEnd,
    MandateReport,
    MandateRequest,
    MandateState,
)
from agentsys.payments.mandates.models import (
    Debit,
    DebitState,
    Mandate,
    MandateMove,
    MandateWorker,
    Relation,
)
from agentsys.payments.mandates.rules import FIRST_DAY, LATEST_DAY
from agentsys.payments.requests import check_key, new_reference
from agentsys.workers.models import Worker

S = MandateState

CONSENT_TEXT = "2026-11"  # version of the text that the payer reads before consenting
_PHONE = re.compile(r"\+62[1-9]\d{7,12}")
_CHECK_AGAIN = timedelta(minutes=1)
_CHECK_DAILY = timedelta(days=1)

# Observed at the provider: reports may be late or repeated. Nothing leads back from the end, and
# a report of an earlier step changes nothing.
MANDATE_TRANSITIONS: dict[MandateState, frozenset[MandateState]] = {
    S.ASKED: frozenset({S.PENDING, S.ACTIVE, S.SUSPENDED, S.UNCLEAR, S.ENDED}),
    S.PENDING: frozenset({S.ACTIVE, S.SUSPENDED, S.UNCLEAR, S.ENDED}),
    S.ACTIVE: frozenset({S.SUSPENDED, S.UNCLEAR, S.ENDED}),
    S.SUSPENDED: frozenset({S.ACTIVE, S.UNCLEAR, S.ENDED}),
    S.UNCLEAR: frozenset({S.ACTIVE, S.SUSPENDED, S.ENDED}),
    S.ENDED: frozenset(),
}


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a payer is to agree to."""

    workers: Mapping[int, Relation]  # by worker: whose account it is, seen from the worker
    holder_name: str
    phone: str  # +62…
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
) -> Mandate:
    """Store a mandate that its payer is to consent to; idempotent by key.

    A worker who has a mandate gets a Conflict: end the old one first, so that nobody is debited
    by two.
    """
    check_key(key)
    known = session.scalar(select(Mandate).where(Mandate.key == key))
    if known is not None:
        return known
    _check(channel, wish)
    offices = _lock_workers(session, wish.workers)
    mandate = Mandate(
        reference=new_reference(),
        key=key,
        channel=channel.name,
        office_id=offices.pop(),
        holder_name=wish.holder_name.strip(),
        phone_sealed=vault.seal(wish.phone),
        phone_index=vault.index(wish.phone),
        cap_idr=wish.cap_idr,
        month_cap_idr=wish.month_cap_idr,
        debit_day=wish.debit_day,
        consent_text=CONSENT_TEXT,
        asked_by=actor_id,
        next_check_at=clock.now() + _CHECK_AGAIN,
        workers=[
            MandateWorker(worker_id=worker_id, relation=relation)
            for worker_id, relation in sorted(wish.workers.items())
        ],
    )
    session.add(mandate)
    session.flush()
    _append(session, mandate, None, S.ASKED, by=_by(actor_id), report={})
    trail.record(
        session,
        actor_id=actor_id,
        action="mandate.asked",
        subject=f"mandate:{mandate.id}",
        details={"channel": channel.name, "workers": sorted(wish.workers)},
    )
    return mandate


def start_mandate(
    channel: MandateChannel, reference: str, *, phone: str, return_url: str, by: str
) -> MandateState:
    """Ask the provider for its consent page; an entrypoint, safe to repeat.

    Raises Unavailable if the provider cannot be reached; the sweep asks about it again.
    """
    request = MandateRequest(reference=reference, phone=phone, return_url=return_url)
    return _tell(lambda: channel.ask_mandate(request), reference, by)


def check_mandate(channel: MandateChannel, reference: str, *, by: str) -> MandateState:
    """Ask the provider how a mandate stands, and apply its report; an entrypoint."""
    with transaction() as session:
        handle = _locked(session, reference).handle
    return _tell(lambda: channel.check_mandate(handle), reference, by)


def apply_mandate_report(
    session: Session, *, reference: str, report: MandateReport, by: str, at: datetime | None = None
) -> MandateState:
    """Apply a provider's report and return the mandate's state; the only function that changes it.

    The end of a mandate ends the plan of its debits too, except for one whose call was made.
    """
    at = at or clock.now()
    mandate = _locked(session, reference)
    mandate.handle = report.handle[:80] or mandate.handle
    mandate.consent_url = report.consent_url[:500] or mandate.consent_url
    mandate.consent_until = report.consent_until or mandate.consent_until
    if report.state in MANDATE_TRANSITIONS[mandate.state]:
        if report.state is S.ACTIVE and mandate.consented_at is None:
            mandate.consented_at = at
            mandate.consent_evidence = {"text": mandate.consent_text, "by": by}
        _enter(session, mandate, report.state, end=report.end, by=by, at=at, raw=dict(report.raw))
    _next_check(mandate, at)
    session.flush()
    return mandate.state


def revoke(session: Session, *, reference: str, by: str, at: datetime | None = None) -> None:
    """End a mandate from our side: at once here, and at the provider as soon as it answers.

    A debit whose call was already made goes on; its money goes back by a transfer, if it comes.
    """
    at = at or clock.now()
    mandate = _locked(session, reference)
    if mandate.state is S.ENDED:
        return
    _enter(session, mandate, S.ENDED, end=MandateEnd.REVOKED_BY_US, by=by, at=at, raw={})
    mandate.next_check_at = at if mandate.handle else None  # the sweep ends it at the provider
    session.flush()


def pause(session: Session, *, reference: str, until: date | None) -> None:
    """Make no debit before a day; None resumes."""
    mandate = _locked(session, reference)
    if mandate.state is S.ENDED:
        raise Conflict("Debit otomatis ini sudah berakhir.")
    if until is not None and until <= clock.now().date():
        raise Invalid("Pilih tanggal setelah hari ini.")
    mandate.paused_until = until
    session.flush()


def _check(channel: MandateChannel, wish: Wish) -> None:
    if not wish.workers:
        raise Invalid("Pilih pekerja yang iurannya akan didebit.")
    if len(wish.workers) > 1 and not channel.capabilities.shared:
        raise Invalid(
            "Satu akun {label} hanya dapat membayar untuk satu pekerja.", label=channel.label
        )
    if not _PHONE.fullmatch(wish.phone):
        raise Invalid("Isi nomor HP akun, seperti 0812 3456 7890.")
    if not wish.holder_name.strip():
        raise Invalid("Isi nama pemilik akun.")
    if not FIRST_DAY <= wish.debit_day <= LATEST_DAY:
        raise Invalid("Pilih tanggal debit 1 sampai 28.")
    if not 0 < wish.cap_idr <= wish.month_cap_idr <= channel.limits.max_idr:
        raise Invalid(
            "Batas sebulan harus paling sedikit batas sekali debit, dan paling banyak {most_idr}.",
            most_idr=channel.limits.max_idr,
        )


def _lock_workers(session: Session, workers: Mapping[int, Relation]) -> set[int]:
    """The one office of the workers, who are locked; Conflict if one of them has a mandate."""
    rows = session.execute(
        select(Worker.id, Worker.office_id)
        .where(Worker.id.in_(workers))
        .order_by(Worker.id)
        .with_for_update(key_share=True)
    ).all()
    if len(rows) != len(workers):
        raise NotFound("Pekerja tidak ditemukan, atau bukan bagian Anda.")
    taken = session.scalars(
        select(MandateWorker.worker_id).where(
            MandateWorker.worker_id.in_(workers), MandateWorker.until.is_(None)
        )
    ).all()
    if taken:
        raise Conflict("Pekerja ini sudah punya debit otomatis. Hentikan yang lama lebih dahulu.")
    offices = {office_id for _, office_id in rows}
    if len(offices) != 1:
        raise Invalid("Semua pekerja harus dari satu kantor.")
    return offices


def _tell(question: Callable[[], MandateReport], reference: str, by: str) -> MandateState:
    """Ask the provider with no transaction open, and apply its report."""
    try:
        report = question()
    except ChannelUnavailable as unavailable:
        raise Unavailable(
            "Penyedia pembayaran belum menjawab. Tidak ada yang hilang: coba lagi sebentar lagi.",
            reference=reference,
            why=str(unavailable),
        ) from unavailable
    return in_transaction(
        lambda session: apply_mandate_report(session, reference=reference, report=report, by=by)
    )


def _enter(
    session: Session,
    mandate: Mandate,
    state: MandateState,
    *,
    end: MandateEnd | None,
    by: str,
    at: datetime,
    raw: dict[str, Any],
) -> None:
    _append(session, mandate, mandate.state, state, by=by, report=raw, at=at)
    mandate.state, mandate.end = state, end
    if state is not S.ENDED:
        return
    mandate.ended_at = at
    session.flush()
    session.execute(
        update(MandateWorker)
        .where(MandateWorker.mandate_id == mandate.id, MandateWorker.until.is_(None))
        .values(until=at)
    )
    session.execute(
        update(Debit)
        .where(
            Debit.mandate_id == mandate.id,
            Debit.state.in_((DebitState.PLANNED, DebitState.ANNOUNCED)),
        )
        .values(state=DebitState.WITHDRAWN, why="mandate_ended", look_at=None)
    )


def _append(
    session: Session,
    mandate: Mandate,
    before: MandateState | None,
    after: MandateState,
    *,
    by: str,
    report: dict[str, Any],
    at: datetime | None = None,
) -> None:
    session.add(
        MandateMove(
            mandate_id=mandate.id,
            from_state=before,
            to_state=after,
            at=at or clock.now(),
            by=by,
            report=report,
        )
    )


def _next_check(mandate: Mandate, at: datetime) -> None:
    mandate.checks += 1
    if mandate.state is S.ENDED:
        mandate.next_check_at = None
    elif mandate.state in (S.ASKED, S.PENDING):
        mandate.next_check_at = at + min(_CHECK_AGAIN * 2**mandate.checks, _CHECK_DAILY)
    else:
        mandate.next_check_at = at + _CHECK_DAILY


def _locked(session: Session, reference: str) -> Mandate:
    mandate = session.scalar(
        select(Mandate)
        .where(Mandate.reference == reference)
        .with_for_update(of=Mandate)
        .execution_options(populate_existing=True)
    )
    if mandate is None:
        raise NotFound()
    return mandate


def _by(actor_id: int | None) -> str:
    return f"user:{actor_id}" if actor_id else "payer"
