"""The size of a network, and numbers derived from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from agentsys import clock
from agentsys.months import add_months

WORKERS_AN_AGENT = 200
SUPERVISORS_AN_OFFICE = 3
FINANCE_AN_OFFICE = 2

# The ids of users by what they do; agents have those of their users, from 1 on.
FIRST_SUPERVISOR = 100_000
FIRST_FINANCE = 200_000
ADMIN = 300_001
AUDITOR = 300_002


@dataclass(frozen=True)
class Size:
    """Workers and months of history; the last month is the one that has not ended."""

    workers: int
    months: int

    @property
    def offices(self) -> int:
        """Ten, as long as each has some agents."""
        return max(2, min(10, self.agents // 20))

    @property
    def agents(self) -> int:
        """One for 200 workers, in equal numbers at each office."""
        wanted = max(20, self.workers // WORKERS_AN_AGENT)
        return wanted - wanted % max(2, min(10, wanted // 20))

    @property
    def agents_an_office(self) -> int:
        """How many agents each office has."""
        return self.agents // self.offices

    @property
    def tenth(self) -> Size:
        """The smaller network for comparison."""
        return Size(self.workers // 10, self.months)

    @property
    def all_months(self) -> list[date]:
        """The months with contributions, oldest first; the last is this month."""
        return [add_months(clock.this_month(), -back) for back in reversed(range(self.months))]

    @property
    def database(self) -> str:
        """The name of its database; it contains the month, so each month has a new one."""
        return f"network_{self.workers}x{self.months}_{clock.this_month():%Y_%m}"
