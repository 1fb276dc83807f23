"""The cases of `coverage_cases.csv`, which finance wrote down, through the database.

`lunas`: months that BPJS confirmed through us, `2026-04..2026-06` for several; `tempat_lain`:
months recorded as paid elsewhere; `santunan_meninggal`: rupiah if the worker died today, not by an
accident at work.
"""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import time_machine
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.benefits.amounts import Programme, on_death, total
from agentsys.contributions.coverage import Cover, coverage_of
from agentsys.contributions.earlier import months_between
from agentsys.crypto import Vault
from agentsys.months import add_months, parse_month
from agentsys.workers.models import Worker
from tests.factories import make_agent, make_contribution, make_earlier, make_worker

HERE = Path(__file__).parent
STATES = {
    "belum": Cover.NEVER,
    "terlindungi": Cover.COVERED,
    "menunggak": Cover.GRACE,
    "berakhir": Cover.ENDED,
}


def cases() -> list[dict[str, str]]:
    with (HERE / "coverage_cases.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.mark.parametrize("case", cases(), ids=lambda case: case["kasus"])
@pytest.mark.made_up_books
def test_each_case_has_the_cover_that_finance_wrote_down(
    session: Session, vault: Vault, case: dict[str, str]
) -> None:
    now = parse_month(case["bulan_ini"])
    with time_machine.travel(datetime(now.year, now.month, 20, 3, tzinfo=UTC)):
        worker = _worker(session, vault, case)

        cover = coverage_of(session, worker_id=worker.id)
        family = on_death(Programme.JKM, on=now, member_month=cover.member_month)

    assert cover.state is STATES[case["keadaan"]]
    assert cover.paid_until == _day(case["lunas_sampai"])
    assert cover.pay_before == _day(case["bayar_sebelum"])
    assert cover.months_in_a_row == int(case["bulan_berturut"])
    assert cover.member_month == int(case["bulan_ke"])
    assert total(family) == int(case["santunan_meninggal"])


def test_every_kind_of_case_is_there() -> None:
    assert {case["keadaan"] for case in cases()} == set(STATES)
    assert any(case["tempat_lain"] for case in cases())
    assert {case["kepastian"] for case in cases()} == {"sumber", "tidak pasti"}


def _worker(session: Session, vault: Vault, case: dict[str, str]) -> Worker:
    worker = make_worker(session, vault, agent=make_agent(session))
    for first, until in _runs(case["lunas"]):
        for month in months_between(first, until):
            make_contribution(
                session, worker, month, payment_id=1, remittance_id=1, confirmed_at=clock.now()
            )
    for first, until in _runs(case["tempat_lain"]):
        make_earlier(session, worker, first, until)
    return worker


def _runs(text: str) -> list[tuple[date, date]]:
    found = []
    for run in text.split():
        first, _dots, last = run.partition("..")
        found.append((parse_month(first), add_months(parse_month(last or first), 1)))
    return found


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
