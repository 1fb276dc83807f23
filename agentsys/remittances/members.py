"""The contributions that lines of BPJS' results name, by KPJ or NIK and month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from agentsys.contributions.models import Contribution
from agentsys.remittances.difference_models import DifferenceKind, RemittanceDifference
from agentsys.remittances.models import Remittance, RemittanceRefusal
from agentsys.remittances.paying import How
from agentsys.remittances.results import ResultRow
from agentsys.workers.models import Worker

NO_MEMBER = (
    "Iuran ini tidak ada dalam setoran nomor {remittance_id}. Periksa NIK atau KPJ, dan bulannya."
)


@dataclass(frozen=True, kw_only=True)
class Members:
    """What the lines of one batch name: its contributions, and those that BPJS refused before."""

    of: Mapping[int, Sequence[Contribution]]  # that fit a line, by the line's place; locked
    refused: Mapping[int, Sequence[date]]  # months of the line's worker that BPJS refused before


def find(session: Session, remittance: Remittance, rows: Sequence[ResultRow], how: How) -> Members:
    """Find and lock what the lines name in a locked batch."""
    workers = _workers(session, rows, how)
    inside = session.scalars(
        select(Contribution)
        .where(
            Contribution.remittance_id == remittance.id,
            Contribution.worker_id.in_(set(workers.values())),
        )
        .order_by(Contribution.worker_id, Contribution.month)
        .with_for_update(of=Contribution, key_share=True)
        .execution_options(populate_existing=True)
    ).all()
    refused = session.execute(
        select(RemittanceRefusal.worker_id, RemittanceRefusal.month).where(
            RemittanceRefusal.remittance_id == remittance.id
        )
    ).all()
    of_worker: dict[int, list[Contribution]] = {}
    for each in inside:
        of_worker.setdefault(each.worker_id, []).append(each)
    return Members(
        of={
            place: [
                each
                for each in of_worker.get(worker_id, ())
                if rows[place].month in (None, each.month)
            ]
            for place, worker_id in workers.items()
        },
        refused={
            place: [
                month
                for worker, month in refused
                if worker == worker_id and rows[place].month in (None, month)
            ]
            for place, worker_id in workers.items()
        },
    )


def _workers(session: Session, rows: Sequence[ResultRow], how: How) -> dict[int, int]:
    """The worker of each line that names one, by the line's place; none if two are meant."""
    index = how.nik_index
    niks = {place: index(row.nik) for place, row in enumerate(rows) if row.nik and index}
    kpjs = {place: row.kpj for place, row in enumerate(rows) if row.kpj}
    found = session.execute(
        select(Worker.id, Worker.kpj, Worker.nik_index).where(
            or_(Worker.kpj.in_(set(kpjs.values())), Worker.nik_index.in_(set(niks.values())))
        )
    ).all()
    by_kpj = {row.kpj: row.id for row in found if row.kpj}
    by_nik = {row.nik_index: row.id for row in found}
    workers = {}
    for place in niks.keys() | kpjs.keys():
        meant = {by_kpj.get(kpjs[place])} if place in kpjs and place not in niks else set()
        if place in niks:
            meant = {by_nik.get(niks[place])}
            if place in kpjs and kpjs[place] in by_kpj:
                meant.add(by_kpj[kpjs[place]])
        worker = meant.pop() if len(meant) == 1 else None
        if worker is not None:
            workers[place] = worker
    return workers


def difference_of(
    contribution: Contribution, row: ResultRow, how: How
) -> RemittanceDifference | None:
    """The difference of one worker's contribution that a line tells; None if there is none."""
    if row.amount_idr in (None, contribution.amount_idr):
        return None
    return RemittanceDifference(
        kind=DifferenceKind.SUM,
        worker_id=contribution.worker_id,
        month=contribution.month,
        ours_idr=contribution.amount_idr,
        theirs_idr=row.amount_idr,
        bpjs_ref=row.ref,
        note=how.note,
    )
