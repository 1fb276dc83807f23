"""Differences with BPJS: opened with a PAID result, and explained by one person.

BPJS' sum counts. What it is more or less than our sum is kept on an account of its own, until two
people decided whose it is: the second one in `settling`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.bank_refs import ref_key
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound
from agentsys.ledger import journal
from agentsys.people.models import User
from agentsys.people.permissions import Permission
from agentsys.remittances.difference_models import (
    DifferenceKind,
    DifferenceSettlement,
    RemittanceDifference,
    SettlementState,
    SettlementWay,
)
from agentsys.remittances.models import Remittance

MOST_AT_ONCE = 1_000  # differences in one settlement
_LONGEST_REASON = 200
_LONGEST_REF = 80


def ways_of(kind: DifferenceKind, *, too_much: bool, of_workers: bool) -> list[SettlementWay]:
    """How such differences can be settled; what workers paid too much is never the office's."""
    if kind is DifferenceKind.AGAIN:
        return [SettlementWay.BANK, SettlementWay.MISTAKE, SettlementWay.OFFICE]
    return [
        SettlementWay.BANK,
        *([SettlementWay.WORKER] if of_workers else []),
        *([SettlementWay.OFFICE] if too_much else []),
    ]


def open_difference(
    session: Session, remittance: Remittance, difference: RemittanceDifference, actor: User
) -> None:
    """Store a difference of a batch; the caller books it."""
    difference.remittance_id = remittance.id
    difference.office_id = remittance.office_id
    difference.opened_by, difference.opened_at = actor.id, clock.now()
    difference.note = _tidy(difference.note)
    session.add(difference)
    session.flush()
    trail.record(
        session,
        actor_id=actor.id,
        action="difference.opened",
        subject=f"remittance:{remittance.id}",
        details={
            "difference_idr": difference.amount_idr,
            "worker_id": difference.worker_id,
            "note": difference.note,
        },
    )


def propose(
    session: Session,
    *,
    remittance_id: int,
    difference_ids: Collection[int],
    way: SettlementWay,
    reason: str,
    actor_id: int,
    bank_ref: str = "",
) -> DifferenceSettlement:
    """Explain open differences of a batch, and propose how to settle them.

    All must be of one kind, and all too much or all too little. Refused says what does not fit;
    Conflict that one of them is proposed or settled already.
    """
    actor = _entitled(session, actor_id)
    remittance = _remittance(session, remittance_id, actor)
    reason, bank_ref = _tidy(reason), " ".join(bank_ref.replace("\0", "").split())
    if not reason:
        raise Invalid("Isi alasan: dari mana selisihnya, dan menurut siapa.")
    if way is SettlementWay.BANK:
        if not ref_key(bank_ref) or len(bank_ref) > _LONGEST_REF:
            raise Invalid("Isi nomor referensi dari rekening koran (paling banyak 80 huruf).")
    else:
        bank_ref = ""
    found = _locked(session, remittance, difference_ids)
    _check_fit(found, way)
    if bank_ref:
        _check_unused(session, bank_ref, into=sum(each.amount_idr for each in found) > 0)
    made = DifferenceSettlement(
        remittance_id=remittance.id,
        office_id=remittance.office_id,
        kind=found[0].kind,
        way=way,
        amount_idr=sum(each.amount_idr for each in found),
        bank_ref=bank_ref,
        reason=reason,
        proposed_by=actor.id,
        proposed_at=clock.now(),
    )
    session.add(made)
    session.flush()
    for each in found:
        each.settlement_id = made.id
    session.flush()
    record(session, made, "proposed", actor.id)
    return made


def _entitled(session: Session, actor_id: int) -> User:
    actor = session.get(User, actor_id)
    if actor is None:
        raise NotFound()
    if not actor.can(Permission.REMITTANCE_CONFIRM):
        raise Forbidden(permission=Permission.REMITTANCE_CONFIRM.value)
    return actor


def _remittance(session: Session, remittance_id: int, actor: User) -> Remittance:
    found = session.get(Remittance, remittance_id)
    if found is None or actor.office_id not in (found.office_id, None):
        raise NotFound()
    return found


def _locked(
    session: Session, remittance: Remittance, difference_ids: Collection[int]
) -> list[RemittanceDifference]:
    if not difference_ids:
        raise Invalid("Pilih selisih yang dijelaskan.")
    if len(difference_ids) > MOST_AT_ONCE:
        raise Invalid("Paling banyak {most} selisih sekali usul.", most=MOST_AT_ONCE)
    found = list(
        session.scalars(
            select(RemittanceDifference)
            .where(
                RemittanceDifference.id.in_(difference_ids),
                RemittanceDifference.remittance_id == remittance.id,
            )
            .order_by(RemittanceDifference.id)
            .with_for_update(key_share=True, of=RemittanceDifference)
            .execution_options(populate_existing=True)
        )
    )
    if len(found) != len(set(difference_ids)):
        raise NotFound()
    if any(each.settlement_id is not None for each in found):
        raise Conflict("Selisih ini sudah dijelaskan orang lain. Muat ulang halaman.")
    return found


def _check_fit(found: Sequence[RemittanceDifference], way: SettlementWay) -> None:
    first = found[0]
    too_much = first.amount_idr > 0
    if any(each.kind is not first.kind or (each.amount_idr > 0) is not too_much for each in found):
        raise Invalid("Pilih selisih yang sejenis: semuanya lebih, atau semuanya kurang.")
    of_workers = all(each.worker_id is not None for each in found)
    if way in ways_of(first.kind, too_much=too_much, of_workers=of_workers):
        return
    if way is SettlementWay.WORKER and first.kind is DifferenceKind.SUM:
        raise Invalid(
            "Selisih ini belum dibagi per pekerja. Tempel dulu hasil BPJS yang menyebut NIK atau"
            " KPJ, bulan, dan jumlah setiap pekerja."
        )
    if way is SettlementWay.OFFICE:
        raise Invalid(
            "Uang yang kurang disetor adalah uang pekerja, jadi tidak dapat menjadi milik kantor."
            " Setor kekurangannya ke BPJS, atau kembalikan kepada pekerja."
        )
    raise Invalid("Cara ini tidak cocok untuk selisih ini.")


def _check_unused(session: Session, bank_ref: str, *, into: bool) -> None:
    journal.lock_account(session, f"difference:{ref_key(bank_ref)}")
    used = session.scalar(
        select(DifferenceSettlement).where(
            func.ref_key(DifferenceSettlement.bank_ref) == ref_key(bank_ref),
            (DifferenceSettlement.amount_idr > 0) == into,
            DifferenceSettlement.state != SettlementState.REFUSED,
        )
    )
    if used is not None:
        raise Conflict(
            "Nomor referensi {bank_ref} sudah dipakai untuk selisih setoran nomor {remittance_id}.",
            bank_ref=used.bank_ref,
            remittance_id=used.remittance_id,
        )


def _tidy(text: str) -> str:
    return " ".join(text.replace("\0", "").split())[:_LONGEST_REASON]


def record(session: Session, settlement: DifferenceSettlement, what: str, actor_id: int) -> None:
    """Record an action on a settlement in the audit trail."""
    trail.record(
        session,
        actor_id=actor_id,
        action=f"difference.{what}",
        subject=f"remittance:{settlement.remittance_id}",
        details={
            "settlement": settlement.id,
            "kind": settlement.kind.value,
            "difference_idr": settlement.amount_idr,
            "way": settlement.way.value,
            "bank_ref": settlement.bank_ref,
            "reason": settlement.reason,
        },
    )
