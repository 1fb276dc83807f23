"""The clock of a demo, advanced on the simulator's panel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import requests
from playwright.sync_api import Page, expect

from agentsys.months import add_months
from tests.tree import Tree


@dataclass
class DemoClock:
    """The clock that agentsys and the simulator of one demo share."""

    tree: Tree
    panel: Page

    def now(self) -> datetime:
        """The time of the demo, in Jakarta."""
        told = requests.get(f"{self.tree.simulator}/_sim/clock", timeout=30).json()["now"]
        return datetime.fromisoformat(told)

    def advance(self, seconds: int) -> None:
        """Advance the clock on the simulator's panel."""
        self.panel.goto(f"{self.tree.simulator}/panel")
        self.panel.get_by_label("Majukan selama").fill(str(max(seconds, 1)))
        self.panel.get_by_role("button", name="Majukan", exact=True).click()
        expect(self.panel.get_by_role("status")).to_be_visible()

    def go_to(self, day: date, hour: int) -> None:
        """Advance the clock to a time of a day."""
        wanted = datetime(day.year, day.month, day.day, hour)
        self.advance(round((wanted - self.now()).total_seconds()))

    def months_pass(self, count: int) -> None:
        """Advance the clock to the fifth day of a later month, in the morning."""
        later = add_months(self.now().date().replace(day=1), count)
        self.go_to(later.replace(day=5), 9)


def until_next_january(now: datetime) -> timedelta:
    """How far the clock is to be advanced for a story with the prices after all discounts."""
    return datetime(now.year + 1, 1, 5, 2, tzinfo=now.tzinfo) - now
