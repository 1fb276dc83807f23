"""Amounts that a payer may give in banknotes; only the server decides them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from agentsys import clock
from agentsys.months import add_months
from agentsys.web import view_models
from tests.factories import make_agent, make_contribution, make_worker

SCRIPT = Path(view_models.__file__).parent.parent / "static" / "app.js"


@pytest.mark.parametrize(
    ("total", "offers"),
    [
        (16_800, [20_000, 50_000]),
        (20_000, [30_000, 40_000]),
        (95_000, [100_000]),
        (100_000, [110_000, 120_000]),
    ],
)
def test_the_next_sums_in_notes_are_offered(total: int, offers: list[int]) -> None:
    assert view_models.tender_offers(total) == offers


def test_each_month_carries_the_offers_for_the_sum_up_to_it(session, vault, visit):
    agent = make_agent(session)
    worker = make_worker(session, vault, agent=agent)
    for back in (2, 1, 0):
        make_contribution(session, worker, add_months(clock.this_month(), -back))

    sheet = visit(agent.user).get(f"/tagih/{worker.id}").get_data(as_text=True)

    offers = re.findall(r'data-amount="16800"\s+data-offers="([\d ]*)"', sheet)
    assert offers[:3] == ["20000 50000", "40000 50000", "60000 100000"]
    assert offers == [  # three open months, and twelve ahead
        " ".join(map(str, view_models.tender_offers(16_800 * count))) for count in range(1, 16)
    ]
    assert re.findall(r'value="(\d+)"\s+data-tender', sheet) == ["60000", "100000"]


def test_the_script_knows_no_notes_of_its_own() -> None:
    assert not re.search(r"\b(10000|50000|100000)\b", SCRIPT.read_text(encoding="utf-8"))
