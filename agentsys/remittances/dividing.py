"""Results that name workers of a batch that is confirmed already: they divide its difference."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.audit import trail
from agentsys.contributions.models import Contribution
from agentsys.errors import Forbidden
from agentsys.messages import Message
from agentsys.people.permissions import Permission
from agentsys.remittances import members
from agentsys.remittances.difference_models import DifferenceKind, RemittanceDifference
from agentsys.remittances.differences import open_difference
from agentsys.remittances.models import Remittance
from agentsys.remittances.paying import How
from agentsys.remittances.results import ResultRow
from agentsys.remittances.verdicts import Result, Verdict

_ALREADY = "Sudah dikonfirmasi sebelumnya; tidak ada yang berubah."
_DIVIDED = "Selisih setoran ini dibagi per pekerja menurut baris ini."
_LATE = (
    "Setoran ini sudah LUNAS, jadi baris ini tidak dapat mengubahnya. Tanyakan kepada BPJS apakah"
    " iuran pekerja ini diterima."
)


def apply(
    session: Session, remittance: Remittance, rows: Sequence[ResultRow], how: How
) -> list[Result]:
    """Divide the open difference of a confirmed batch among the workers that the lines name.

    Lines that say what is known already change nothing.
    """
    found = members.find(session, remittance, rows, how)
    whole = _of_batch(session, remittance)
    parts: list[RemittanceDifference] = []
    results = []
    for place, row in enumerate(rows):
        verdict, text = _told(row, found.of.get(place, ()), found.refused.get(place, ()))
        if not text:
            part = members.difference_of(found.of[place][0], row, how)
            if part is None or whole is None or _known(session, part, remittance):
                verdict, text = Verdict.ALREADY, _ALREADY
            else:
                parts.append(part)
                verdict, text = Verdict.CONFIRMED, _DIVIDED
        message = Message(text=text, values={"remittance_id": remittance.id})
        results.append(Result(row, verdict, message, remittance.id))
    may = how.actor.can(Permission.REMITTANCE_CONFIRM)
    if not may:
        raise Forbidden(permission=Permission.REMITTANCE_CONFIRM.value)
    if whole is not None and parts:
        _divide(session, remittance, whole, parts, how)
    return results


def _of_batch(session: Session, remittance: Remittance) -> RemittanceDifference | None:
    """The batch's own difference that nobody explained yet, locked."""
    found: RemittanceDifference | None = session.scalar(
        select(RemittanceDifference)
        .where(
            RemittanceDifference.remittance_id == remittance.id,
            RemittanceDifference.kind == DifferenceKind.SUM,
            RemittanceDifference.worker_id.is_(None),
            RemittanceDifference.settlement_id.is_(None),
        )
        .order_by(RemittanceDifference.id)
        .limit(1)
        .with_for_update(of=RemittanceDifference, key_share=True)
        .execution_options(populate_existing=True)
    )
    return found


def _told(
    row: ResultRow, fitting: Sequence[Contribution], refused: Sequence[date]
) -> tuple[Verdict, str]:
    """What a line says that needs no division; no text if it may divide the difference."""
    if not row.of_member:
        return Verdict.ALREADY, _ALREADY
    if row.refused:
        return (Verdict.ALREADY, _ALREADY) if refused else (Verdict.NOT_NOW, _LATE)
    if len(fitting) != 1:
        return Verdict.NO_MEMBER, members.NO_MEMBER
    return (Verdict.CONFIRMED, "") if row.paid else (Verdict.NOT_NOW, _LATE)


def _known(session: Session, part: RemittanceDifference, remittance: Remittance) -> bool:
    return (
        session.scalar(
            select(RemittanceDifference.id).where(
                RemittanceDifference.remittance_id == remittance.id,
                RemittanceDifference.worker_id == part.worker_id,
                RemittanceDifference.month == part.month,
            )
        )
        is not None
    )


def _divide(
    session: Session,
    remittance: Remittance,
    whole: RemittanceDifference,
    parts: Sequence[RemittanceDifference],
    how: How,
) -> None:
    """Replace a part of the batch's difference by those of its workers; the sum stays."""
    before = whole.amount_idr
    left = before - sum(each.amount_idr for each in parts)
    for each in parts:
        each.note = each.note or whole.note
        open_difference(session, remittance, each, how.actor)
    if left == 0:
        session.delete(whole)
    else:
        whole.ours_idr, whole.theirs_idr = max(-left, 0), max(left, 0)
    session.flush()
    trail.record(
        session,
        actor_id=how.actor.id,
        action="difference.divided",
        subject=f"remittance:{remittance.id}",
        details={"difference_idr": [before, left], "count": len(parts)},
    )
