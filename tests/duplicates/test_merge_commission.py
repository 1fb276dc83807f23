"""What an agent earns for two records of one person."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy.orm import Session

from agentsys.commissions import basis
from agentsys.crypto import Vault
from agentsys.people.models import Agent
from agentsys.workers.models import Worker
from tests.duplicates.steps import NOVEMBER, SEPTEMBER, TwoRecords

OCTOBER = date(2026, 10, 1)
pytestmark = pytest.mark.made_up_books  # months are confirmed without their entries


@pytest.fixture
def two(session: Session, vault: Vault) -> TwoRecords:
    """Two records of one agent."""
    found = TwoRecords.build(session, vault)
    found.merged = found.another()
    return found


def test_the_number_of_a_month_counts_the_months_of_both(two: TwoRecords) -> None:
    two.confirm(two.kept, NOVEMBER)
    two.confirm(two.merged, SEPTEMBER, OCTOBER)
    assert _numbers(two, two.kept) == {NOVEMBER: 1}

    two.merge()

    assert _numbers(two, two.kept) == {NOVEMBER: 3}


def test_a_month_that_both_paid_earns_once(two: TwoRecords) -> None:
    two.confirm(two.kept, OCTOBER, NOVEMBER)
    two.confirm(two.merged, SEPTEMBER, OCTOBER)
    assert _numbers(two, two.merged).keys() == {SEPTEMBER, OCTOBER}

    merge = two.merge()

    assert _numbers(two, two.merged).keys() == {SEPTEMBER}
    assert _numbers(two, two.kept).keys() == {OCTOBER, NOVEMBER}
    two.undo(merge)
    assert _numbers(two, two.merged).keys() == {SEPTEMBER, OCTOBER}


def test_who_was_paid_for_before_is_not_new(two: TwoRecords) -> None:
    two.kept.new_to_bpu = "yes"  # type: ignore[assignment]
    two.confirm(two.merged, SEPTEMBER)
    two.confirm(two.kept, NOVEMBER)

    two.merge()

    agent = two.session.get_one(Agent, two.kept.agent_id)
    month = basis.agent_month(two.session, agent=agent, month=NOVEMBER)
    assert [each.new_to_bpu for each in month.contributions] == [False, False]


def _numbers(two: TwoRecords, worker: Worker) -> dict[date, int]:
    """The months of a worker that earn in November, with their numbers."""
    agent = two.session.get_one(Agent, two.kept.agent_id)
    found = basis.agent_month(two.session, agent=agent, month=NOVEMBER)
    return {
        each.month: each.month_number for each in found.contributions if each.worker_id == worker.id
    }
