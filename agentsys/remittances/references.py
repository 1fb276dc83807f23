"""Numbers of payments to BPJS, such as the NTPN: each is of one payment."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agentsys.bank_refs import ref_key
from agentsys.messages import Message
from agentsys.remittances.difference_models import DifferenceKind, RemittanceDifference
from agentsys.remittances.models import Remittance, RemittanceState
from agentsys.remittances.results import ResultRow
from agentsys.remittances.verdicts import Verdict

_USED = (
    "Nomor {ref} sudah dipakai untuk setoran nomor {remittance_id}. Salin lagi barisnya dari EPS:"
    " setiap pembayaran punya nomor sendiri."
)
_USED_ELSEWHERE = (
    "Nomor {ref} sudah dipakai untuk setoran kantor lain. Salin lagi barisnya dari EPS: setiap"
    " pembayaran punya nomor sendiri."
)


def problem(
    session: Session, row: ResultRow, remittance: Remittance
) -> tuple[Verdict, Message] | None:
    """Why the number of a payment cannot be that of this batch; None if it can.

    Numbers are compared without case, blanks and marks.
    """
    key = ref_key(row.ref)
    if not key:
        return None
    first = select(Remittance.id, Remittance.office_id).where(
        func.ref_key(Remittance.bpjs_ref) == key,
        Remittance.bpjs_ref != "",
        Remittance.state == RemittanceState.CONFIRMED,
        Remittance.id != remittance.id,
    )
    again = select(RemittanceDifference.remittance_id, RemittanceDifference.office_id).where(
        func.ref_key(RemittanceDifference.bpjs_ref) == key,
        RemittanceDifference.kind == DifferenceKind.AGAIN,
        RemittanceDifference.remittance_id != remittance.id,
    )
    other = session.execute(first.union_all(again).limit(1)).one_or_none()
    if other is None:
        return None
    text = _USED if other.office_id == remittance.office_id else _USED_ELSEWHERE
    return Verdict.USED_REF, Message(text=text, values={"ref": row.ref, "remittance_id": other.id})
