"""What proves that a batch was transferred to BPJS: the bank's reference, the day and its proof."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.bank_refs import ref_key
from agentsys.crypto import Vault
from agentsys.errors import Forbidden, Invalid, NotFound, Refused
from agentsys.months import HEAD_OFFICE
from agentsys.payments import evidence
from agentsys.payments.evidence_models import EvidenceFile
from agentsys.people.models import User
from agentsys.people.permissions import Permission
from agentsys.remittances.models import Remittance, RemittanceState

_LONGEST = 80


def add_transfer(
    session: Session,
    *,
    vault: Vault,
    remittance_id: int,
    reference: str,
    on_day: date | None,
    content: bytes,
    actor: User,
) -> EvidenceFile:
    """Keep the proof of a transfer to BPJS with its batch; the same file twice is one.

    Refused before the batch has a kode iuran: nothing can have been transferred.
    """
    if not actor.can(Permission.REMITTANCE_CONFIRM):
        raise Forbidden(permission=Permission.REMITTANCE_CONFIRM.value)
    batch = session.get(
        Remittance,
        remittance_id,
        with_for_update={"of": Remittance, "key_share": True},
        populate_existing=True,
    )
    if batch is None or actor.office_id not in (batch.office_id, None):
        raise NotFound()
    if batch.state is RemittanceState.OPEN or batch.kode_iuran is None:
        raise Refused("Setoran ini belum punya kode iuran, jadi belum dapat ditransfer.")
    reference = " ".join(reference.replace("\0", "").split())
    if not ref_key(reference) or len(reference) > _LONGEST:
        raise Invalid("Isi nomor referensi bank, paling panjang 80 karakter.")
    if on_day is None:
        raise Invalid("Isi tanggal transfernya.")
    if not batch.created_at.astimezone(HEAD_OFFICE).date() <= on_day <= _today():
        raise Invalid("Tanggal transfer harus sesudah setoran disusun, dan sudah tiba.")
    if not content:
        raise Invalid("Pilih foto atau PDF bukti transfernya.")
    return evidence.store(
        session,
        vault=vault,
        of={"remittance_id": remittance_id},
        content=content,
        actor_id=actor.id,
        reference=reference,
        on_day=on_day,
    )


def others_with(session: Session, *, remittance_id: int, references: Sequence[str]) -> list[int]:
    """Other batches whose proof names one of these references, compared without marks and case."""
    keys = {ref_key(reference) for reference in references}
    if not keys:
        return []
    return list(
        session.scalars(
            select(EvidenceFile.remittance_id)
            .where(
                EvidenceFile.reference != "",
                func.ref_key(EvidenceFile.reference).in_(keys),
                EvidenceFile.remittance_id != remittance_id,
            )
            .distinct()
            .order_by(EvidenceFile.remittance_id)
            .limit(5)
        )
    )


def _today() -> date:
    return clock.now().astimezone(HEAD_OFFICE).date()
