"""Lists of facts about workers, and what agreements ask, for tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from agentsys.agreements.fact_models import FactList
from agentsys.agreements.kinds import Certainty, FactKind
from agentsys.agreements.models import Agreement
from agentsys.sponsors import eligibility, facts
from agentsys.workers.models import Worker
from tests.factories import nik_of as number_of
from tests.rosters.conftest import workbook
from tests.sponsors.world import Sponsored

TITLES = ["NO", "NIK", "DESIL", "P3KE", "KELAS PEKERJAAN"]


def nik_of(office: Sponsored, worker: Worker) -> str:
    return number_of(office.vault, worker)


def sheet_of(*rows: Sequence[object], titles: Sequence[object] = TITLES) -> bytes:
    return workbook({"DATA": [titles, *rows]})


def loaded(
    office: Sponsored,
    content: bytes,
    *,
    data_on: date | None = None,
    certainty: Certainty = Certainty.SURE,
    apply: bool = True,
    actor_id: int = 0,
) -> FactList:
    list_id = facts.upload(
        office.session,
        vault=office.vault,
        office_id=office.office_id,
        content=content,
        filename="dtsen.xlsx",
        source="DTSEN",
        version="2026 T3",
        data_on=data_on or office.month,
        certainty=certainty,
        actor_id=actor_id or office.finance.id,
    )
    if apply:
        facts.apply(office.session, list_id=list_id, actor_id=office.finance.id)
    return office.session.get_one(FactList, list_id)


def deciles(office: Sponsored, values: dict[Worker, object], **more: object) -> FactList:
    rows = [
        [number, nik_of(office, worker), value, "", ""]
        for number, (worker, value) in enumerate(values.items(), 1)
    ]
    return loaded(office, sheet_of(*rows), **more)  # type: ignore[arg-type]


def asks(
    office: Sponsored, agreement: Agreement, wanted: str, kind: FactKind = FactKind.DECILE
) -> None:
    eligibility.set_criterion(
        office.session,
        agreement_id=agreement.id,
        kind=kind,
        wanted=wanted,
        actor_id=office.finance.id,
    )


def named(office: Sponsored, people: int = 3) -> tuple[Agreement, list[Worker]]:
    agreement = office.agreement()
    workers = [office.worker() for _ in range(people)]
    office.name(agreement, *workers)
    return agreement, workers


def standing(office: Sponsored, agreement: Agreement) -> tuple[int, int, int]:
    found = eligibility.standing(office.session, agreement.id)
    return found.met, found.lost, found.unknown


def end(
    office: Sponsored,
    agreement: Agreement,
    *,
    shown: int,
    month: date | None = None,
    note: str = "Surat 460/1",
    actor_id: int = 0,
) -> int:
    return eligibility.end_lost(
        office.session,
        agreement_id=agreement.id,
        month=month or office.later(2),
        note=note,
        shown=shown,
        actor_id=actor_id or office.finance.id,
    )
