"""Splitting a batch, and merging two, while nothing of them was entered in EPS."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, func, select, tuple_, update
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.agreements.models import Bill
from agentsys.contributions.models import Contribution
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound
from agentsys.people.models import User
from agentsys.people.permissions import Permission
from agentsys.remittances.batches import RemittanceAction, lead, record, take
from agentsys.remittances.models import Remittance, RemittanceState


class SplitBy(StrEnum):
    """What each new batch has in common."""

    CHOSEN = "chosen"
    MONTH = "month"
    PAYER = "payer"  # the workers themselves, or one agreement


MOST_CHOSEN = 1_000
MOST_BATCHES = 50
_TOO_LATE = (
    "Setoran ini sudah punya kode iuran atau sudah selesai, jadi isinya tidak dapat diubah."
    " Batalkan dulu setorannya."
)


def split(
    session: Session,
    *,
    remittance_id: int,
    by: SplitBy,
    actor_id: int,
    chosen: Collection[tuple[int, date]] = (),
) -> Sequence[Remittance]:
    """Move contributions of an open batch into new ones; what is left stays in it.

    By month or payer, the earliest month or the workers' own money stays. Refused if everything
    or nothing would move.
    """
    batch, actor = _open(session, remittance_id, actor_id)
    if by is SplitBy.CHOSEN:
        parts = [_of(chosen)]
    else:
        group = Contribution.month if by is SplitBy.MONTH else _payer()
        parts = _groups(session, batch, group)[1:]
        if not parts:
            raise Invalid("Semua iuran setoran ini sama, jadi tidak ada yang dipisahkan.")
        if len(parts) > MOST_BATCHES:
            raise Invalid("Setoran ini akan menjadi lebih dari {most}.", most=MOST_BATCHES)
    made = [_move(session, batch, part, actor) for part in parts]
    record(session, batch, "split", actor_id)
    session.expire_all()
    return made


def merge(session: Session, *, into_id: int, from_id: int, actor_id: int) -> Remittance:
    """Put all of one open batch into another one of the same office; the emptied one
    is cancelled.
    """
    if into_id == from_id:
        raise Invalid("Pilih setoran lain untuk digabungkan.")
    for first in sorted((into_id, from_id)):  # in one order: two people may merge both ways
        take(session, first, actor_id)
    into, actor = _open(session, into_id, actor_id)
    emptied, _actor = _open(session, from_id, actor_id)
    if emptied.office_id != into.office_id:
        raise Invalid("Hanya setoran dari kantor yang sama yang dapat digabungkan.")
    session.execute(
        update(Contribution)
        .where(Contribution.remittance_id == emptied.id)
        .values(remittance_id=into.id)
        .execution_options(synchronize_session=False)
    )
    with session.no_autoflush:
        lead(emptied, RemittanceAction.CANCEL, actor)
        emptied.cancel_reason = f"Digabung ke setoran #{into.id}"
        emptied.cancelled_by, emptied.cancelled_at = actor.id, clock.now()
    _count(session, into)
    session.flush()
    record(session, emptied, "merged", actor_id)
    record(session, into, "merged", actor_id)
    session.expire_all()
    return into


def _open(session: Session, remittance_id: int, actor_id: int) -> tuple[Remittance, User]:
    """Lock a batch whose contents can still change."""
    batch, actor = take(session, remittance_id, actor_id)
    if not actor.can(Permission.REMITTANCE_MAKE):
        raise Forbidden(permission=Permission.REMITTANCE_MAKE.value)
    if actor.office_id not in (batch.office_id, None):
        raise NotFound()
    if batch.state is not RemittanceState.OPEN:
        raise Conflict(_TOO_LATE)
    return batch, actor


def _of(chosen: Collection[tuple[int, date]]) -> ColumnElement[bool]:
    if not chosen:
        raise Invalid("Centang iuran yang dipisahkan.")
    if len(chosen) > MOST_CHOSEN:
        raise Invalid("Paling banyak {most} iuran sekali pisah.", most=MOST_CHOSEN)
    return tuple_(Contribution.worker_id, Contribution.month).in_(list(chosen))


def _payer() -> Any:
    """The agreement whose bill paid a contribution; 0 for the worker's own money."""
    of_bill = select(Bill.agreement_id).where(Bill.id == Contribution.bill_id).scalar_subquery()
    return func.coalesce(of_bill, 0)


def _groups(session: Session, batch: Remittance, group: Any) -> list[ColumnElement[bool]]:
    found = session.scalars(
        select(group).where(Contribution.remittance_id == batch.id).distinct().order_by(group)
    )
    return [group == value for value in found]


def _move(
    session: Session, batch: Remittance, part: ColumnElement[bool], actor: User
) -> Remittance:
    now = clock.now()
    made = Remittance(
        office_id=batch.office_id, count=1, amount_idr=1, created_by=actor.id, created_at=now
    )
    session.add(made)
    session.flush()
    moved = session.execute(
        update(Contribution)
        .where(Contribution.remittance_id == batch.id, part)
        .values(remittance_id=made.id)
        .execution_options(synchronize_session=False)
    ).rowcount  # type: ignore[attr-defined]
    if not moved:
        raise Conflict("Iuran itu tidak ada lagi dalam setoran ini. Muat ulang halaman.")
    if moved == batch.count:
        raise Invalid("Sisakan paling sedikit satu iuran dalam setoran ini.")
    _count(session, made)
    _count(session, batch)
    session.flush()
    record(session, made, "made", actor.id)
    return made


def _count(session: Session, batch: Remittance) -> None:
    """Count again what is in a locked batch."""
    row = session.execute(
        select(
            func.count(),
            func.sum(Contribution.amount_idr),
            func.min(Contribution.month),
            func.max(Contribution.month),
        ).where(Contribution.remittance_id == batch.id)
    ).one()
    batch.count, batch.amount_idr = row[0], int(row[1])
    batch.first_month, batch.last_month = row[2], row[3]
