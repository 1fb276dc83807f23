"""A second payment for a batch that is PAID already: kept apart until two people settled it."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.bank_refs import ref_key
from agentsys.errors import Forbidden
from agentsys.ledger import accounts, interoffice, journal
from agentsys.messages import Message
from agentsys.people.permissions import Permission
from agentsys.remittances import references, verdicts
from agentsys.remittances.batches import tidy_code
from agentsys.remittances.difference_models import DifferenceKind, RemittanceDifference
from agentsys.remittances.differences import open_difference
from agentsys.remittances.models import Remittance, RemittanceState
from agentsys.remittances.paying import How
from agentsys.remittances.results import ResultRow
from agentsys.remittances.verdicts import Result, Verdict

_ASK = (
    "Setoran ini sudah LUNAS dengan nomor {known_ref}; baris ini menyebut pembayaran lain. Jika"
    " memang dibayar dua kali, isi alasannya, lalu cocokkan lagi."
)
_KNOWN = "Pembayaran kedua ini sudah dicatat sebelumnya; tidak ada yang berubah."
_BOOKED = (
    "Pembayaran kedua {amount_idr} dicatat tersendiri. Minta BPJS mengembalikannya; selisihnya"
    " menunggu penyelesaian."
)


def is_again(row: ResultRow, remittance: Remittance) -> bool:
    """Whether a line names another payment than the one that confirmed the batch."""
    if remittance.state is not RemittanceState.CONFIRMED or not row.paid or not row.amount_idr:
        return False
    if remittance.kode_iuran != tidy_code(row.kode_iuran):
        return True
    named, known = ref_key(row.ref), ref_key(remittance.bpjs_ref)
    return bool(named and known and named != known)


def apply(session: Session, row: ResultRow, remittance: Remittance, how: How) -> Result:
    """Book a second payment for a locked batch, if finance says that it is one."""
    ref = row.ref or row.kode_iuran
    if _known(session, remittance, ref):
        return Result(row, Verdict.ALREADY, Message(text=_KNOWN), remittance.id)
    if not how.note:
        values = {"known_ref": remittance.bpjs_ref or remittance.kode_iuran}
        return Result(row, Verdict.OTHER_REF, Message(text=_ASK, values=values), remittance.id)
    amount = row.amount_idr or 0
    problem = references.problem(session, row, remittance) or verdicts.no_money(
        session, remittance, amount, shared_bank=how.shared_bank
    )
    if problem is None and not how.actor.can(Permission.REMITTANCE_CONFIRM):
        refused = Forbidden(permission=Permission.REMITTANCE_CONFIRM.value)
        problem = (Verdict.NOT_NOW, refused.message)
    if problem is not None:
        return Result(row, *problem, remittance.id)
    found = RemittanceDifference(
        kind=DifferenceKind.AGAIN,
        ours_idr=0,
        theirs_idr=amount,
        bpjs_ref=ref,
        note=how.note,
    )
    open_difference(session, remittance, found, how.actor)
    _book(session, remittance, found, how)
    booked = Message(text=_BOOKED, values={"amount_idr": amount})
    return Result(row, Verdict.PAID_AGAIN, booked, remittance.id)


def _known(session: Session, remittance: Remittance, ref: str) -> bool:
    return (
        session.scalar(
            select(RemittanceDifference.id)
            .where(
                RemittanceDifference.remittance_id == remittance.id,
                RemittanceDifference.kind == DifferenceKind.AGAIN,
                func.ref_key(RemittanceDifference.bpjs_ref) == ref_key(ref),
            )
            .limit(1)
        )
        is not None
    )


def _book(session: Session, remittance: Remittance, found: RemittanceDifference, how: How) -> None:
    office_id, source = (
        remittance.office_id,
        f"remittance:{remittance.id}:{ref_key(found.bpjs_ref)}",
    )
    interoffice.cover(
        session,
        office_id=office_id,
        amount_idr=found.theirs_idr,
        source=source,
        shared=how.shared_bank,
    )
    journal.post(
        session,
        kind="remittance.paid_again",
        source=source,
        at=clock.now(),
        lines={
            accounts.difference_of(DifferenceKind.AGAIN, office_id): found.theirs_idr,
            accounts.bank(office_id): -found.theirs_idr,
        },
    )
