"""Billing a month, compared with one plain INSERT … SELECT of constants from the workers.

Both fill the same indexed table `contributions`, with durable settings. Our code also finds the
enrolled workers and their agents, finds the price of each by bracket, sector, payer and package,
skips workers who were billed before, and records the run. It is measured twice: with an existing,
empty table of the month (`ratio`), and with a new table that the run creates (`first_ratio`). Then
the month is billed again: `again` is that run's part of the time of the one before.
"""

from __future__ import annotations

import argparse
from datetime import date
from statistics import median

from sqlalchemy import func, select, text

from agentsys import clock
from agentsys.contributions.billing import bill_month
from agentsys.db import transaction
from bench import people
from bench.measure import checkpoint, result, say, stopwatch, throwaway_app

_AGENTS = 200
_MONTH = date(2026, 11, 1)
AGAIN = 0.1  # at most

ENROLLED = """
INSERT INTO enrolments (worker_id, programmes, funding, from_month)
SELECT id, CASE WHEN id % 4 = 0 THEN 'JKK+JKM+JHT' ELSE 'JKK+JKM' END,
       CASE WHEN id % 5 < 2 THEN 'self' ELSE 'apbd' END, '2026-01-01'
FROM workers ORDER BY id;

INSERT INTO assignments (worker_id, agent_id, from_month)
SELECT id, agent_id, '2026-01-01' FROM workers ORDER BY id;
"""

LIMIT = text(
    """
    INSERT INTO contributions (
        worker_id, month, office_id, agent_id, programmes, funding, sector,
        jkk_idr, jkm_idr, jht_idr, tariff, billed_at
    )
    SELECT id, :month, office_id, agent_id, 'JKK+JKM', 'apbd', 'other',
           10000, 6800, 0, 'PP 44/2015', :at
    FROM workers
    """
)


def main(argv: list[str]) -> dict[str, object]:
    """Bill the same month several times, alternating with the plain statement."""
    parser = argparse.ArgumentParser(prog="python -m bench billing", description=__doc__)
    parser.add_argument("--rows", "--workers", dest="rows", type=int, default=200_000)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args(argv)
    with throwaway_app():
        say(f"loading {options.rows} workers")
        people.load(rows=options.rows, agents=_AGENTS, then=ENROLLED)
        return _measure(options.rows, options.repeats)


def _measure(rows: int, repeats: int) -> dict[str, object]:
    seconds: dict[str, list[float]] = {"limit": [], "ours": [], "first": [], "again": []}
    amount_idr = 0
    for turn in range(repeats + 1):
        _limit(seconds["limit"])
        amount_idr = _ours(rows, seconds["ours"])
        assert amount_idr == _ours(rows, seconds["first"], month_exists=False)
        _again(seconds["again"])
        if turn == 0:  # a warm-up
            for taken in seconds.values():
                taken.clear()
        else:
            last = {name: taken[-1] for name, taken in seconds.items()}
            say(
                f"{turn}/{repeats}: limit {last['limit']:.2f} s, ours {last['ours']:.2f} s,"
                f" a month's first run {last['first']:.2f} s, again {last['again']:.2f} s"
            )
    again = median(seconds["again"]) / median(seconds["first"])
    return result(
        "billing",
        ours=seconds["ours"],
        limit=seconds["limit"],
        rows=rows,
        rows_per_s=round(rows / median(seconds["ours"])),
        first=round(median(seconds["first"]), 3),
        first_ratio=round(median(seconds["first"]) / median(seconds["limit"]), 2),
        again=round(again, 3),
        misses=[f"a second run takes over {AGAIN} of the first"] if again > AGAIN else [],
        amount_idr=amount_idr,
    )


def _limit(seconds: list[float]) -> None:
    _empty()
    with stopwatch(seconds), transaction() as session:
        session.execute(text("SET LOCAL statement_timeout = 0"))
        session.execute(LIMIT, {"month": _MONTH, "at": clock.now()})


def _ours(rows: int, seconds: list[float], *, month_exists: bool = True) -> int:
    _empty(month_exists=month_exists)
    with stopwatch(seconds), transaction() as session:
        run = bill_month(session, month=_MONTH, actor_id=None)
        billed, amount_idr = run.billed, run.amount_idr
    assert billed == rows, f"{billed} of {rows} billed"
    return amount_idr


def _again(seconds: list[float]) -> None:
    """Bill the month again, as finance may and the schedule does after downtime."""
    with stopwatch(seconds), transaction() as session:
        run = bill_month(session, month=_MONTH, actor_id=None)
        billed = run.billed
    assert billed == 0, f"{billed} billed twice"


def _empty(*, month_exists: bool = True) -> None:
    with transaction() as session:
        session.execute(text(f"DROP TABLE IF EXISTS contributions_{_MONTH:%Y_%m} CASCADE"))
        if month_exists:
            session.execute(select(func.ensure_contribution_partition(_MONTH)))
    checkpoint()
