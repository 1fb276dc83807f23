"""The dated setting of the month counter: what a hand-over does to a worker's month number.

The decree counts months "while managed by the Perisai". That can be read as by this agent, so that
the counter starts again with a new agent, or as by any agent, so that it runs on.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.resources import files

from agentsys.errors import Refused
from agentsys.months import parse_month


class CounterMissing(Refused):
    """Not exactly one row applies to a month."""

    text = "Aturan hitungan bulan komisi untuk bulan itu belum ada, atau ada dua. Minta pengelola."


@dataclass(frozen=True, kw_only=True)
class CounterSetting:
    """How months are numbered after a hand-over."""

    starts_again: bool  # otherwise the counter runs on with the worker
    certainty: str
    instrument: str

    @property
    def is_doubtful(self) -> bool:
        """Whether the decree can be read in another way."""
        return self.certainty == "doubtful"


_READINGS = {"starts_again": True, "runs_on": False}


def setting_in(month: date) -> CounterSetting:
    """The setting for commissions of a month; CounterMissing unless exactly one row applies."""
    found = [
        setting
        for first, last, setting in _table()
        if first <= month and (not last or month <= last)
    ]
    if len(found) != 1:
        raise CounterMissing(month=month)
    return found[0]


@lru_cache
def _table() -> tuple[tuple[date, date | None, CounterSetting], ...]:
    table = files("agentsys.commissions") / "tables" / "month_counter.csv"
    lines = table.read_text(encoding="utf-8").splitlines()
    return tuple(
        (
            parse_month(row["valid_from"]),
            parse_month(row["valid_until"]) if row["valid_until"] else None,
            CounterSetting(
                starts_again=_READINGS[row["at_handover"]],
                certainty=row["certainty"],
                instrument=row["instrument"],
            ),
        )
        for row in csv.DictReader(lines)
    )
