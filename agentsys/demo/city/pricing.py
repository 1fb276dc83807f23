"""What the months of the demo city's workers cost."""

from __future__ import annotations

from bisect import bisect_right
from datetime import date
from functools import lru_cache

from agentsys.contributions.tariff import Price, price_table
from agentsys.demo.city.habits import Habit
from agentsys.demo.city.residents import Resident
from agentsys.workers.models import Funding, Programmes, Sector


def price_of(person: Resident, month: date) -> Price:
    """The month's price for a worker, by the tariff."""
    bounds, prices = _prices(month)
    # The city's agreement pays by the lowest income.
    income_idr = 0 if person.habit is Habit.SPONSORED else person.income_idr
    bracket = bisect_right(bounds, income_idr)
    return prices[person.sector, person.funding, person.programmes][bracket - 1]


@lru_cache(maxsize=64)
def _prices(
    month: date,
) -> tuple[tuple[int, ...], dict[tuple[Sector, Funding, Programmes], tuple[Price, ...]]]:
    table = price_table(month)
    return table.bounds, {(r.sector, r.funding, r.programmes): r.prices for r in table.lists}
