"""The demo city's auto-debit is whole at any day and hour of a month."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy.orm import Session

from agentsys.extension.contract import Decline
from agentsys.ledger import invariants
from agentsys.payments.debit_models import DebitState, NoticeState
from agentsys.payments.mandates import debit_queries
from tests.demo.conftest import Seeded

Seed = Callable[..., Seeded]
OF_SARI = "JOIN workers w ON w.id = d.worker_id WHERE w.agent_id = 1"
# First and last days, closed days, just before and after the night's debits, both time zones.
MOMENTS = [
    datetime(2026, month, day, hour, 40, tzinfo=UTC)
    for month, day, hour in (
        (6, 1, 16), (7, 3, 17), (8, 17, 17), (9, 24, 12), (10, 27, 17), (11, 30, 15),
    )
]  # fmt: skip


@pytest.mark.parametrize("now", MOMENTS, ids=lambda now: f"{now:%m-%d-%H}")
def test_the_debits_are_whole_at_any_time_of_a_month(
    seed: Seed, session: Session, now: datetime
) -> None:
    with time_machine.travel(now, tick=False):
        town = seed(workers=200, months=4)
        visits = town.rows(
            f"SELECT d.decline FROM debits d {OF_SARI} AND d.state = 'given_up'"
            " AND d.visited_at IS NULL"
        )
        to_send = town.rows(f"SELECT d.kind FROM notices d {OF_SARI} AND d.state = 'prepared'")
        faults = debit_queries.faults(session)

    assert invariants.check(session) == []
    assert set(faults.values()) == {0}
    assert (Decline.ENDED,) in visits
    assert to_send
    assert town.rows("SELECT 1 FROM debits WHERE state = 'calling'")
    late = town.rows(
        "SELECT 1 FROM debits d WHERE ended_at > :now OR visited_at > :now UNION ALL"
        " SELECT 1 FROM debit_tries WHERE at > :now UNION ALL"
        " SELECT 1 FROM notices WHERE greatest(prepared_at, handed_over_at, counted_at) > :now"
        " UNION ALL SELECT 1 FROM mandates WHERE greatest(asked_at, consented_at, ended_at) > :now"
        " UNION ALL SELECT 1 FROM mandate_moves WHERE at > :now",
        now=now,
    )
    assert late == []


def test_a_debit_is_announced_while_the_month_has_days_left(seed: Seed) -> None:
    now = datetime(2026, 11, 12, 4, 0, tzinfo=UTC)
    with time_machine.travel(now, tick=False):
        town = seed(workers=200, months=4)

    coming = town.rows(
        f"SELECT d.due_on FROM debits d {OF_SARI} AND d.state = :state", state=DebitState.ANNOUNCED
    )
    assert coming
    assert min(coming)[0] >= now.date()
    assert town.rows(
        f"SELECT 1 FROM notices d {OF_SARI} AND d.state = :state AND d.kind = 'debit'",
        state=NoticeState.PREPARED,
    )
    [(oldest,)] = town.rows("SELECT min(prepared_at) FROM notices")
    assert oldest < now - timedelta(days=60)


def test_nobody_pays_by_auto_debit_in_months_without_its_settings(seed: Seed) -> None:
    with time_machine.travel(datetime(2026, 2, 20, 4, 0, tzinfo=UTC), tick=False):
        town = seed(workers=200, months=6)

    assert town.rows("SELECT 1 FROM debits LIMIT 1")
    assert town.rows("SELECT 1 FROM debits WHERE period < '2026-01-01'") == []
