"""Erasing who a worker is, so that the books stay whole."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import date

from sqlalchemy import ColumnElement, case, delete, exists, func, or_, select, update
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.agreements.fact_models import WorkerFact
from agentsys.audit import trail
from agentsys.benefits.models import Claim, Heir
from agentsys.changes.models import WorkerChange
from agentsys.contributions import closing, planned_prices
from agentsys.contributions.earlier_models import EarlierPeriod
from agentsys.contributions.models import Contribution
from agentsys.crypto import Vault
from agentsys.duplicates.merge_models import WorkerMerge
from agentsys.duplicates.models import DuplicateCheck, DuplicatePair
from agentsys.errors import Conflict, Refused
from agentsys.extension.contract import MandateState
from agentsys.handovers.models import HandoverPick
from agentsys.ledger import accounts, journal
from agentsys.memberships.ending import locked_worker
from agentsys.payments import siblings
from agentsys.payments.debit_models import Debit
from agentsys.payments.link_models import PageCode, PayLink
from agentsys.payments.mandate_models import Mandate, MandateWorker
from agentsys.payments.models import Payment
from agentsys.payments.refund_models import LIVE, Refund
from agentsys.payments.reversal_models import CashReversal, ReversalState
from agentsys.transfers.models import Transfer, TransferState
from agentsys.workers import seals
from agentsys.workers.kinds import CloseReason
from agentsys.workers.models import Enrolment, RosterChange, Worker
from agentsys.workers.nik_models import EarlierNik

ERASED_NAME = "(data dihapus)"
_NOBODY = date(1900, 1, 1)  # a birth date that says nothing
_EVER = date(1900, 1, 1)


def in_the_way(session: Session, worker_id: int) -> Sequence[str]:
    """Why the data cannot be erased yet: sentences; none if they can."""
    return [text for text, blocks in _CHECKS if blocks(session, worker_id)]


def erase(session: Session, *, vault: Vault, worker_id: int, actor_id: int) -> None:
    """Remove who the worker is. Months, payments, receipts and the audit trail stay, by number.

    It cannot be undone. Refused with the reason while the membership runs or money is open.
    """
    worker = locked_worker(session, worker_id)
    if worker.erased_at is not None:
        raise Conflict("Data pribadi pekerja ini sudah dihapus.")
    for reason in in_the_way(session, worker_id):
        raise Refused(reason)
    closing.lock_open(session, {worker_id: _EVER})
    closing.close(session, {worker_id: _EVER}, why=CloseReason.WISHED, actor_id=actor_id)
    _erase_person(worker, vault)
    _erase_notes(session, worker_id)
    session.execute(delete(PageCode).where(PageCode.worker_id == worker_id))
    session.execute(delete(PayLink).where(PayLink.worker_id == worker_id))
    session.execute(delete(WorkerChange).where(WorkerChange.worker_id == worker_id))
    session.execute(delete(RosterChange).where(RosterChange.worker_id == worker_id))
    session.execute(
        delete(DuplicatePair).where(
            or_(DuplicatePair.first_id == worker_id, DuplicatePair.second_id == worker_id)
        )
    )
    session.execute(delete(DuplicateCheck).where(DuplicateCheck.worker_id == worker_id))
    planned_prices.drop(session, worker_id)
    session.execute(delete(WorkerFact).where(WorkerFact.worker_id == worker_id))
    session.execute(delete(HandoverPick).where(HandoverPick.worker_id == worker_id))
    session.execute(delete(EarlierNik).where(EarlierNik.worker_id == worker_id))
    session.flush()
    _erase_mandates(session, vault, worker_id)
    trail.record(
        session,
        actor_id=actor_id,
        action="data.erased",
        subject=f"worker:{worker_id}",
        details={},
    )


def _erase_person(worker: Worker, vault: Vault) -> None:
    worker.name = ERASED_NAME
    # A random index keeps the column unique, and finds nobody.
    worker.nik_index = secrets.token_bytes(32)
    worker.nik_sealed = vault.seal("", seals.nik_of(worker.nik_index))
    worker.nik_masked = ""
    worker.kk_sealed = worker.kk_index = None
    worker.birth_place = worker.phone = worker.job = worker.business = ""
    worker.address = worker.kelurahan = worker.kecamatan = worker.kpj = ""
    if worker.registration_note:  # a refusal keeps a note
        worker.registration_note = ERASED_NAME
    worker.birth_date = _NOBODY
    worker.income_idr = 0
    worker.work = None
    worker.ecosystem = worker.group_id = None
    worker.erased_at = worker.updated_at = clock.now()


def _erase_notes(session: Session, worker_id: int) -> None:
    """Erase what people wrote about the worker."""
    session.execute(
        update(Enrolment)
        .where(Enrolment.worker_id == worker_id, Enrolment.end_note != "")
        .values(end_note=ERASED_NAME)
    )
    session.execute(
        update(Debit)
        .where(Debit.worker_id == worker_id, Debit.visit_note != "")
        .values(visit_note=ERASED_NAME)
    )
    session.execute(
        update(EarlierPeriod)
        .where(EarlierPeriod.worker_id == worker_id)
        .values(evidence=ERASED_NAME)
    )
    session.execute(
        update(Claim).where(Claim.worker_id == worker_id, Claim.note != "").values(note=ERASED_NAME)
    )
    session.execute(
        update(WorkerMerge)
        .where(or_(WorkerMerge.kept_id == worker_id, WorkerMerge.merged_id == worker_id))
        .values(
            reason=ERASED_NAME,
            note=case((WorkerMerge.note != "", ERASED_NAME), else_=""),
            undo_reason=case((WorkerMerge.undo_reason != "", ERASED_NAME), else_=""),
        )
    )
    session.execute(delete(Heir).where(Heir.worker_id == worker_id))


def _erase_mandates(session: Session, vault: Vault, worker_id: int) -> None:
    """Erase the holder of a mandate, once all workers whom it paid for are erased."""
    mine = select(MandateWorker.mandate_id).where(MandateWorker.worker_id == worker_id)
    for_others = (
        exists()
        .where(MandateWorker.mandate_id == Mandate.id)
        .where(Worker.id == MandateWorker.worker_id, Worker.erased_at.is_(None))
    )
    for mandate in session.scalars(select(Mandate).where(Mandate.id.in_(mine), ~for_others)):
        mandate.holder_name, mandate.account, mandate.asked_from = ERASED_NAME, "", {}
        mandate.phone_index = secrets.token_bytes(32)
        mandate.phone_sealed = vault.seal("", seals.mandate_phone_of(mandate.reference))
    session.flush()


def _membership(session: Session, worker_id: int) -> bool:
    this_month = clock.this_month()
    runs = or_(Enrolment.until_month.is_(None), Enrolment.until_month > this_month)
    return _any(session, Enrolment.worker_id == worker_id, runs)


def _mandates(session: Session, worker_id: int) -> bool:
    return _any(
        session,
        MandateWorker.worker_id == worker_id,
        MandateWorker.mandate_id == Mandate.id,
        Mandate.state != MandateState.ENDED,
    )


def _payments(session: Session, worker_id: int) -> bool:
    return _any(session, Payment.worker_id == worker_id, Payment.state.in_(siblings.OPEN))


def _at_bpjs(session: Session, worker_id: int) -> bool:
    return _any(
        session,
        Contribution.worker_id == worker_id,
        Contribution.payment_id.is_not(None),
        Contribution.confirmed_at.is_(None),
    )


def _money(session: Session, worker_id: int) -> bool:
    own = (accounts.owed_to_worker(worker_id), accounts.claim_on_worker(worker_id))
    return (
        any(journal.balance(session, account) for account in own)
        or _any(session, Transfer.worker_id == worker_id, Transfer.state == TransferState.PROPOSED)
        or _any(
            session,
            Payment.worker_id == worker_id,
            Refund.payment_id == Payment.id,
            Refund.state.in_(LIVE),
        )
        or _any(
            session,
            Payment.worker_id == worker_id,
            CashReversal.payment_id == Payment.id,
            CashReversal.state == ReversalState.PROPOSED,
        )
    )


def _any(session: Session, *conditions: ColumnElement[bool]) -> bool:
    return bool(session.scalar(select(func.count()).where(*conditions)))


_CHECKS = (
    ("Kepesertaannya belum berakhir. Akhiri dulu, atau tunggu sampai bulannya lewat.", _membership),
    ("Debit otomatisnya belum berakhir.", _mandates),
    ("Masih ada pembayaran yang menunggu.", _payments),
    ("Masih ada iuran yang sudah dibayar dan belum LUNAS di BPJS.", _at_bpjs),
    ("Masih ada uang yang belum diselesaikan dengan pekerja ini.", _money),
)
