"""When a price changes is read from the tables, and told from the month before."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
import time_machine

from agentsys.contributions import tariff
from agentsys.contributions.advance import is_certain
from agentsys.contributions.changes import affected, change_of, next_change
from agentsys.workers.kinds import Funding, Programmes, Sector
from tests.factories import make_agent, make_worker

DECEMBER = datetime(2026, 12, 5, 4, 0, tzinfo=UTC)
NOVEMBER = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)


def change(month: date, **values: object):
    asked = {
        "income_idr": 1_000_000,
        "programmes": Programmes.TWO,
        "sector": Sector.OTHER,
        "funding": Funding.SELF,
    } | values
    return next_change(month, **asked)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({}, (date(2027, 1, 1), 8_400, 16_800)),
        ({"programmes": Programmes.THREE}, (date(2027, 1, 1), 28_400, 36_800)),
        ({"sector": Sector.TRANSPORT}, (date(2027, 4, 1), 8_400, 16_800)),
        ({"funding": Funding.CSR}, (date(2027, 1, 1), 8_400, 16_800)),
        ({"funding": Funding.APBD}, None),
    ],
)
def test_the_end_of_a_discount_is_found_in_the_tables(values, told) -> None:
    found = change(date(2026, 12, 1), **values)

    assert (found and (found.month, found.before_idr, found.amount_idr)) == told
    assert not found or found.ended == ("PP 50/2025",)


def test_the_beginning_of_a_discount_is_a_change_that_makes_it_cheaper() -> None:
    found = change(date(2026, 3, 1))

    assert found is not None
    assert (found.month, found.rises) == (date(2026, 4, 1), False)


def test_a_rise_is_told_from_the_month_before(session, vault) -> None:
    agent = make_agent(session)
    worker = make_worker(session, vault, agent=agent, enrolled_from=date(2026, 6, 1))

    with time_machine.travel(NOVEMBER, tick=False):
        assert change_of(session, worker_id=worker.id) is None
        assert affected(session, agent_id=agent.id) is None
    with time_machine.travel(DECEMBER, tick=False):
        told = change_of(session, worker_id=worker.id)
        counted = affected(session, agent_id=agent.id)

    assert told is not None
    assert (told.month, told.amount_idr) == (date(2027, 1, 1), 16_800)
    assert counted is not None
    assert (counted.month, counted.workers) == (date(2027, 1, 1), 1)


def test_only_who_pays_more_and_goes_on_is_counted(session, vault) -> None:
    agent = make_agent(session)
    given = {"agent": agent, "enrolled_from": date(2026, 6, 1)}
    for values in ({}, {"sector": Sector.TRANSPORT}, {"funding": Funding.APBD}):
        make_worker(session, vault, **given, **values)

    with time_machine.travel(DECEMBER, tick=False):
        found = affected(session, agent_id=agent.id)

    assert found is not None
    assert found.workers == 1


@pytest.mark.parametrize(
    ("funding", "certain"),
    [(Funding.SELF, True), (Funding.APBD, True), (Funding.CSR, False), (Funding.APBDES, False)],
)
def test_the_certainty_of_a_price_is_that_of_its_rows(session, vault, funding, certain) -> None:
    worker = make_worker(session, vault, funding=funding)
    asked = {"income_idr": 0, "programmes": Programmes.TWO, "sector": Sector.OTHER}

    assert tariff.price(month=date(2026, 11, 1), funding=funding, **asked).certain is certain
    with time_machine.travel(NOVEMBER, tick=False):
        assert is_certain(session, worker_id=worker.id) is certain
