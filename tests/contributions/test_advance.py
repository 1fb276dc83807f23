"""Months that can be paid before they are billed."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy.orm import Session

from agentsys.contributions.advance import coming_months
from agentsys.crypto import Vault
from agentsys.months import add_months
from tests.factories import make_agent, make_contribution, make_worker

NOVEMBER = date(2026, 11, 1)


@pytest.mark.parametrize(
    ("newest", "first"),
    [
        (date(2026, 7, 1), NOVEMBER),
        (date(2026, 10, 1), NOVEMBER),
        (NOVEMBER, date(2026, 12, 1)),
        (date(2027, 1, 1), date(2027, 2, 1)),
    ],
    ids=str,
)
def test_coming_months_follow_the_last_one_billed_and_never_begin_in_the_past(
    session: Session, vault: Vault, newest: date, first: date
) -> None:
    worker = make_worker(session, vault, agent=make_agent(session), enrolled_from=date(2026, 6, 1))
    make_contribution(session, worker, newest)

    found = coming_months(session, worker_id=worker.id, count=3)

    assert [one.month for one in found] == [add_months(first, step) for step in range(3)]
