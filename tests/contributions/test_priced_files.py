"""Every row of the files of cases, whose sums a formula computed that is not of the product."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
import time_machine
from sqlalchemy.orm import Session

from agentsys.contributions import tariff
from agentsys.contributions.advance import coming_months
from agentsys.crypto import Vault
from agentsys.months import add_months, parse_month
from agentsys.workers.kinds import Funding, Programmes, Sector
from tests.contributions import price_formula
from tests.factories import make_agent, make_worker

PACKAGES = {"2": Programmes.TWO, "3": Programmes.THREE}


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(newline="") as opened:
        return list(csv.DictReader(opened))


MONTHS, ADVANCES = rows(price_formula.MONTHS_FILE), rows(price_formula.ADVANCE_FILE)


def priced(row: dict[str, str], month: str, funding: str) -> tariff.Price:
    return tariff.price(
        month=parse_month(month),
        income_idr=int(row["income"]),
        programmes=PACKAGES[row["programmes"]],
        sector=Sector(row["sector"]),
        funding=Funding(funding),
    )


def wrong(row: dict[str, str]) -> str:
    """What differs in a row; empty if nothing does."""
    found = priced(row, row["month"], row["funding"])
    sums = [found.jkk_idr, found.jkm_idr, found.jht_idr, found.amount_idr]
    wanted = [int(row[name]) for name in ("jkk", "jkm", "jht", "total")]
    return "" if sums == wanted else f"{row}: {sums}"


@pytest.mark.parametrize("group", sorted({row["group"] for row in MONTHS}))
def test_every_month_of_the_file_has_its_price(group: str) -> None:
    mine = [row for row in MONTHS if row["group"] == group]

    assert [found for row in mine if (found := wrong(row))] == []
    assert len(mine) >= 100


def test_the_files_have_as_many_cases_as_a_decree_deserves() -> None:
    assert len(MONTHS) >= 942
    assert len(ADVANCES) >= 336
    assert len({tuple(row.values()) for row in ADVANCES}) == len(ADVANCES)


def test_the_files_are_what_the_formula_writes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kept = [price_formula.MONTHS_FILE.read_text(), price_formula.ADVANCE_FILE.read_text()]
    monkeypatch.setattr(price_formula, "MONTHS_FILE", tmp_path / "months.csv")
    monkeypatch.setattr(price_formula, "ADVANCE_FILE", tmp_path / "advance.csv")

    price_formula.write()

    assert kept == [(tmp_path / name).read_text() for name in ("months.csv", "advance.csv")]


@pytest.mark.parametrize("months", sorted({int(row["months"]) for row in ADVANCES}))
def test_every_payment_ahead_of_the_file_costs_the_sum_of_its_months(months: int) -> None:
    mine = [row for row in ADVANCES if int(row["months"]) == months]

    for row in mine:
        start = parse_month(row["start"])
        each = [
            priced(row, f"{add_months(start, step):%Y-%m}", "self").amount_idr
            for step in range(months)
        ]
        assert sum(each) == int(row["total_month_by_month"]), row
        assert each[0] * months == int(row["total_if_first_price"]), row
    assert mine


@pytest.mark.parametrize(
    "row",
    [row for row in ADVANCES if row["months"] == "12" and row["programmes"] == "3"],
    ids=lambda row: f"{row['start']} {row['sector']} {row['income']}",
)
def test_what_a_sheet_offers_ahead_costs_the_same(
    session: Session, vault: Vault, row: dict[str, Any]
) -> None:
    start = parse_month(row["start"])
    with time_machine.travel(f"{start:%Y-%m}-10T04:00:00+00:00", tick=False):
        worker = make_worker(
            session,
            vault,
            agent=make_agent(session),
            enrolled_from=start,
            income_idr=int(row["income"]),
            sector=Sector(row["sector"]),
            programmes=Programmes.THREE,
        )

        offered = coming_months(session, worker_id=worker.id, count=12)

    assert sum(one.amount_idr for one in offered) == int(row["total_month_by_month"])
