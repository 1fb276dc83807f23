"""Differences of a batch with BPJS, and what was proposed about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agentsys.contributions.models import Contribution
from agentsys.people import queries as people
from agentsys.remittances.difference_models import (
    DifferenceKind,
    DifferenceSettlement,
    RemittanceDifference,
    SettlementState,
    SettlementWay,
)
from agentsys.remittances.models import Remittance, RemittanceRefusal, RemittanceState
from agentsys.workers.models import Worker

SHOWN = 100  # open differences on the page of a batch; the others follow when these are settled


@dataclass(frozen=True, kw_only=True)
class DifferenceRow:
    """One open difference that nobody explained yet."""

    id: int
    kind: DifferenceKind
    worker_name: str  # empty for the whole batch
    nik_masked: str
    month: date | None
    ours_idr: int
    theirs_idr: int
    bpjs_ref: str
    note: str
    opened_at: datetime

    @property
    def amount_idr(self) -> int:
        """What BPJS was paid too much; negative: too little."""
        return self.theirs_idr - self.ours_idr


@dataclass(frozen=True, kw_only=True)
class SettlementRow:
    """A proposal about differences of a batch."""

    id: int
    kind: DifferenceKind
    way: SettlementWay
    amount_idr: int
    bank_ref: str
    reason: str
    state: SettlementState
    proposed_by: int
    proposer: str
    proposed_at: datetime
    decider: str


@dataclass(frozen=True, kw_only=True)
class RefusalRow:
    """A contribution that BPJS refused out of a batch."""

    worker_id: int
    worker_name: str
    nik_masked: str
    month: date
    amount_idr: int
    reason: str
    held: bool  # it still waits to be put right
    remittance_id: int | None  # the batch in which it was sent again


def refusals(session: Session, remittance_id: int) -> Sequence[RefusalRow]:
    """What BPJS refused out of a batch, and what became of it."""
    rows = session.execute(
        select(
            RemittanceRefusal.worker_id,
            Worker.name.label("worker_name"),
            Worker.nik_masked,
            RemittanceRefusal.month,
            RemittanceRefusal.amount_idr,
            RemittanceRefusal.reason,
            func.coalesce(Contribution.held_at.is_not(None), False).label("held"),
            Contribution.remittance_id,
        )
        .join(Worker, Worker.id == RemittanceRefusal.worker_id)
        .outerjoin(
            Contribution,
            (Contribution.worker_id == RemittanceRefusal.worker_id)
            & (Contribution.month == RemittanceRefusal.month),
        )
        .where(RemittanceRefusal.remittance_id == remittance_id)
        .order_by(RemittanceRefusal.worker_id, RemittanceRefusal.month)
        .limit(SHOWN)
    )
    return [RefusalRow(**row._mapping) for row in rows]


def open_differences(session: Session, remittance_id: int) -> Sequence[DifferenceRow]:
    """The first open differences of a batch that nobody explained yet, oldest first."""
    rows = session.execute(
        select(RemittanceDifference, Worker.name, Worker.nik_masked)
        .outerjoin(Worker, Worker.id == RemittanceDifference.worker_id)
        .where(
            RemittanceDifference.remittance_id == remittance_id,
            RemittanceDifference.settlement_id.is_(None),
        )
        .order_by(RemittanceDifference.id)
        .limit(SHOWN)
    )
    return [
        DifferenceRow(
            id=found.id,
            kind=found.kind,
            worker_name=name or "",
            nik_masked=nik_masked or "",
            month=found.month,
            ours_idr=found.ours_idr,
            theirs_idr=found.theirs_idr,
            bpjs_ref=found.bpjs_ref,
            note=found.note,
            opened_at=found.opened_at,
        )
        for found, name, nik_masked in rows
    ]


def settlements(session: Session, remittance_id: int) -> Sequence[SettlementRow]:
    """What was proposed about the differences of a batch, newest first."""
    found = session.scalars(
        select(DifferenceSettlement)
        .where(DifferenceSettlement.remittance_id == remittance_id)
        .order_by(DifferenceSettlement.id.desc())
        .limit(SHOWN)
    ).all()
    by = [person for each in found for person in (each.proposed_by, each.decided_by)]
    names = people.names_of(session, by)
    return [
        SettlementRow(
            id=each.id,
            kind=each.kind,
            way=each.way,
            amount_idr=each.amount_idr,
            bank_ref=each.bank_ref,
            reason=each.reason,
            state=each.state,
            proposed_by=each.proposed_by,
            proposer=names.get(each.proposed_by, ""),
            proposed_at=each.proposed_at,
            decider=names.get(each.decided_by or 0, ""),
        )
        for each in found
    ]


def open_batches(session: Session, remittance_id: int) -> Sequence[tuple[int, int]]:
    """The other open batches of the same office, newest first: number and sum."""
    office = select(Remittance.office_id).where(Remittance.id == remittance_id).scalar_subquery()
    rows = session.execute(
        select(Remittance.id, Remittance.amount_idr)
        .where(
            Remittance.office_id == office,
            Remittance.state == RemittanceState.OPEN,
            Remittance.id != remittance_id,
        )
        .order_by(Remittance.id.desc())
        .limit(SHOWN)
    )
    return [(number, amount) for number, amount in rows]
