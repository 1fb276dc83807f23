"""Who earns which month at a hand-over, by both readings of the decree: `handover_cases.csv`.

A row `paid` is so many months from `month` on, each paid and confirmed in its own month or in
`paid_in`; its number, percentage and rupiah are those of the last one. A row `handed over` moves
the worker to that agent at the beginning of the month. Each contribution is Rp16.800.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import groupby
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import text
from sqlalchemy.orm import Session

from agentsys.commissions import basis, month_counter
from agentsys.commissions.month_counter import CounterSetting
from agentsys.contributions import billing
from agentsys.crypto import Vault
from agentsys.handovers import consent, planning
from agentsys.handovers.planning import Chosen, Division
from agentsys.months import add_months, parse_month
from agentsys.people.models import Agent
from agentsys.workers.models import Worker
from tests.commissions.builders import PERISAI
from tests.factories import make_agent, make_contribution, make_user, make_worker

_FILE = Path(__file__).with_name("handover_cases.csv")
Row = dict[str, str]
READINGS = ("starts_again", "runs_on")
_CONFIRM = text("""
UPDATE contributions SET payment_id = 1, remittance_id = 1, confirmed_at = :at
WHERE worker_id = :worker_id AND month = :month
""")


def _cases() -> Iterator[tuple[str, list[Row]]]:
    with _FILE.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    for name, found in groupby(rows, key=lambda row: row["case"]):
        yield name, list(found)


CASES = dict(_cases())


@dataclass
class Story:
    """What happens to one worker, in the order of time."""

    session: Session
    worker: Worker
    agents: dict[str, Agent]
    actor: int
    second: int
    events: list[tuple[date, str, date, str]] = field(default_factory=list)

    def run(self) -> None:
        """Bill, hand over, pay and confirm, each at its time."""
        for day, what, month, agent in sorted(self.events):
            with time_machine.travel(datetime(day.year, day.month, day.day, 3, tzinfo=UTC)):
                if what == "bill":
                    make_contribution(self.session, self.worker, month)
                elif what == "hand over":
                    self._hand_over(agent)
                else:
                    known = {"worker_id": self.worker.id, "month": month}
                    at = datetime(day.year, day.month, day.day, 3, tzinfo=UTC)
                    self.session.execute(_CONFIRM, known | {"at": at})

    def _hand_over(self, to: str) -> None:
        assert self.worker.agent_id is not None
        made = planning.draft(
            self.session,
            from_agent_id=self.worker.agent_id,
            chosen=Chosen(),
            to_agent_ids=[self.agents[to].id],
            division=Division.EQUAL,
            from_month=billing.clock.this_month(),
            reason="Golden",
            actor_id=self.actor,
        )
        consent.propose(self.session, handover_id=made.id, actor_id=self.actor)
        consent.accept(self.session, handover_id=made.id, actor_id=self.second)
        self.session.refresh(self.worker)


def _months(row: Row) -> list[date]:
    first = parse_month(row["month"])
    return [add_months(first, number) for number in range(int(row["months"]))]


def _paid_in(row: Row, month: date) -> date:
    return parse_month(row["paid_in"]) if row["paid_in"] else month


def _story(session: Session, vault: Vault, rows: list[Row]) -> Story:
    first = make_agent(session, code="A")
    agents = {"A": first} | {
        name: make_agent(session, code=name, office_id=first.office_id) for name in "BC"
    }
    began = min(parse_month(row["month"]) for row in rows)
    worker = make_worker(session, vault, agent=first, enrolled_from=began)
    one, other = (make_user(session, office_id=first.office_id) for _ in range(2))
    story = Story(session, worker, agents, one.id, other.id)
    for row in rows:
        if row["what"] == "handed over":
            month = parse_month(row["month"])
            story.events.append((month.replace(day=3), "hand over", month, row["agent"]))
            continue
        for month in _months(row):
            story.events.append((month.replace(day=1), "bill", month, ""))
            story.events.append((_paid_in(row, month).replace(day=15), "pay", month, ""))
    return story


@pytest.mark.made_up_books
@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("name", CASES)
def test_who_earns_and_how_much(
    session: Session, vault: Vault, monkeypatch: pytest.MonkeyPatch, name: str, reading: str
) -> None:
    _choose(monkeypatch, reading)
    story = _story(session, vault, CASES[name])
    story.run()

    for row in CASES[name]:
        if row["what"] == "paid":
            assert _found(story, row) == _expected(row, reading)


def _choose(monkeypatch: pytest.MonkeyPatch, reading: str) -> None:
    setting = CounterSetting(
        starts_again=reading == "starts_again", certainty="doubtful", instrument="x"
    )
    monkeypatch.setattr(month_counter, "_table", lambda: ((date(2000, 1, 1), None, setting),))


def _found(story: Story, row: Row) -> list[tuple[str, int, int]]:
    """Who has the row's last month in the basis, with its number, and who earns how much for it."""
    month = _months(row)[-1]
    found = []
    for name, agent in story.agents.items():
        known = basis.agent_month(story.session, agent=agent, month=_paid_in(row, month))
        numbers = [c.month_number for c in known.contributions if c.month == month]
        lines = [line for _plugin, lines in PERISAI(known) for line in lines if line.month == month]
        found += [(name, number, sum(line.amount_idr for line in lines)) for number in numbers]
    return found


def _expected(row: Row, reading: str) -> list[tuple[str, int, int]]:
    number, earns = row[f"number_{reading}"], row[f"earns_{reading}_idr"]
    return [(row["agent"], int(number), int(earns))]


def test_each_percentage_gives_its_rupiah() -> None:
    for rows in CASES.values():
        for row in rows:
            for reading in READINGS:
                if row["what"] == "paid":
                    percent = int(row[f"percent_{reading}"])
                    assert int(row[f"earns_{reading}_idr"]) == 16_800 * percent // 100


def test_the_reading_in_force_is_marked_doubtful() -> None:
    setting = month_counter.setting_in(date(2026, 11, 1))

    assert setting.starts_again
    assert setting.is_doubtful
