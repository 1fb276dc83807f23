"""Who may claim after a worker's death: recorded with relation and contact."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.benefits.models import Heir, HeirRelation
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound
from agentsys.names import visible
from agentsys.people.models import User
from agentsys.people.permissions import Permission
from agentsys.workers.phone import normalise_phone

MOST = 12


@dataclass(frozen=True, kw_only=True)
class HeirRow:
    """One heir."""

    id: int
    name: str
    relation: HeirRelation
    phone: str
    recorded_at: datetime


def of_worker(session: Session, *, worker_id: int) -> Sequence[HeirRow]:
    """The heirs of a worker, in the order in which BPJS asks for them."""
    rows = session.execute(
        select(Heir.id, Heir.name, Heir.relation, Heir.phone, Heir.recorded_at).where(
            Heir.worker_id == worker_id, Heir.removed_at.is_(None)
        )
    )
    order = list(HeirRelation)
    found = [HeirRow(**row._mapping) for row in rows]
    return sorted(found, key=lambda heir: (order.index(heir.relation), heir.id))


def add(
    session: Session,
    *,
    worker_id: int,
    name: str,
    relation: HeirRelation,
    phone: str,
    actor: User,
) -> Heir:
    """Record an heir of the worker."""
    _check(actor)
    name = " ".join(visible(name).split())[:120]
    if not name:
        raise Invalid("Isi nama ahli waris.", about="name")
    number = normalise_phone(phone)
    if phone.strip() and not number:
        raise Invalid("Nomor HP belum benar. Contoh: 0812 3456 7890.", about="phone")
    known = select(func.count()).where(Heir.worker_id == worker_id, Heir.removed_at.is_(None))
    if (session.scalar(known) or 0) >= MOST:
        raise Conflict("Paling banyak {most} ahli waris. Hapus dulu yang tidak berlaku.", most=MOST)
    heir = Heir(
        worker_id=worker_id,
        name=name,
        relation=relation,
        phone=number,
        recorded_by=actor.id,
        recorded_at=clock.now(),
    )
    session.add(heir)
    session.flush()
    _record(session, heir, "recorded", actor)
    return heir


def remove(session: Session, *, worker_id: int, heir_id: int, actor: User) -> None:
    """Remove an heir of the worker; the row is kept with who removed it."""
    _check(actor)
    heir = session.scalar(
        select(Heir)
        .where(Heir.id == heir_id, Heir.worker_id == worker_id, Heir.removed_at.is_(None))
        .with_for_update()
    )
    if heir is None:
        raise NotFound()
    heir.removed_by, heir.removed_at = actor.id, clock.now()
    session.flush()
    _record(session, heir, "removed", actor)


def _check(actor: User) -> None:
    if not actor.can(Permission.HEIR_RECORD):
        raise Forbidden(permission=Permission.HEIR_RECORD.value)


def _record(session: Session, heir: Heir, what: str, actor: User) -> None:
    trail.record(
        session,
        actor_id=actor.id,
        action=f"heir.{what}",
        subject=f"worker:{heir.worker_id}",
        details={"heir_id": heir.id, "relation": heir.relation},
    )
