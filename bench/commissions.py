"""Computing a month's commissions, compared with one INSERT … SELECT of as many lines.

Both fill the same empty, indexed table `statement_lines`, with durable settings, with one line for
each confirmed contribution. Our code also numbers the months, calls the rules in Python, adds the
reason of each line, validates and hashes the lines, creates a statement for each agent in its own
transaction, and records the run.
"""

from __future__ import annotations

import argparse
from datetime import date

from sqlalchemy import text

from agentsys.commissions.run import run_month
from agentsys.db import transaction
from agentsys.runtime import runtime
from bench import people
from bench.measure import checkpoint, result, say, stopwatch, throwaway_app

_AGENTS = 40
_MONTH = date(2026, 1, 1)

CONFIRMED = """
SELECT ensure_contribution_partition('2026-01-01');

INSERT INTO contributions (
    worker_id, month, office_id, agent_id, programmes, funding, sector,
    jkk_idr, jkm_idr, jht_idr, tariff, billed_at, payment_id, remittance_id, confirmed_at
)
SELECT id, '2026-01-01', office_id, agent_id, 'JKK+JKM', 'self', 'other',
       10000, 6800, 0, 'PP 44/2015', '2026-01-02', 1, 1, '2026-01-20'
FROM workers ORDER BY id;
"""

STATEMENTS = text(
    """
    WITH run AS (
        INSERT INTO commission_runs (month, started_at, agents, lines, amount_idr, failures)
        VALUES (:month, now(), 0, 0, 0, '{}') RETURNING id
    )
    INSERT INTO statements (
        agent_id, office_id, month, state, agent_idr, office_idr, base_idr, contributions,
        lines_hash, run_id, computed_at, reason
    )
    SELECT a.id, a.office_id, :month, 'submitted', 0, 0, 0, 0, '', run.id, now(), ''
    FROM agents a, run
    """
)

LIMIT = text(
    """
    INSERT INTO statement_lines (
        statement_id, rule, version, beneficiary, subject, worker_id, month, amount_idr, reason
    )
    SELECT s.id, 'perisai_2022.collection', 'Perdir 13/PERDIR.02/042022', 'agent',
           concat_ws(':', 'worker', c.worker_id, to_char(c.month, 'YYYY-MM')), c.worker_id, c.month,
           2520, jsonb_build_object('text', '', 'values', jsonb_build_object('base_idr', 16800))
    FROM contributions c JOIN statements s ON s.agent_id = c.agent_id
    """
)


def main(argv: list[str]) -> dict[str, object]:
    """Compute the same month several times, alternating with the plain statement."""
    parser = argparse.ArgumentParser(prog="python -m bench commissions", description=__doc__)
    parser.add_argument("--rows", type=int, default=40_000)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args(argv)
    with throwaway_app():
        say(f"loading {options.rows} confirmed contributions")
        people.load(rows=options.rows, agents=_AGENTS, then=CONFIRMED)
        return _measure(options.rows, options.repeats)


def _measure(rows: int, repeats: int) -> dict[str, object]:
    ours: list[float] = []
    limit: list[float] = []
    lines = 0
    for turn in range(repeats + 1):
        warm_up = turn == 0
        _limit([] if warm_up else limit)
        lines = _ours(rows, [] if warm_up else ours)
        if not warm_up:
            say(f"{turn}/{repeats}: limit {limit[-1]:.2f} s, ours {ours[-1]:.2f} s")
    return result(
        "commissions",
        ours=ours,
        limit=limit,
        rows=rows,
        rows_per_s=round(rows / sorted(ours)[len(ours) // 2]),
        agents=_AGENTS,
        lines=lines,
    )


def _limit(seconds: list[float]) -> None:
    _empty()
    with transaction() as session:
        session.execute(STATEMENTS, {"month": _MONTH})
    with stopwatch(seconds), transaction() as session:
        session.execute(text("SET LOCAL statement_timeout = 0"))
        session.execute(LIMIT)


def _ours(rows: int, seconds: list[float]) -> int:
    _empty()
    hook = runtime().registry.commission_lines
    with stopwatch(seconds):
        outcome = run_month(transaction, hook=hook, month=_MONTH, actor_id=None)
    assert not outcome.failures, outcome.failures
    assert outcome.lines == rows + _AGENTS, f"{outcome.lines} lines of {rows} contributions"
    return outcome.lines


def _empty() -> None:
    with transaction() as session:
        session.execute(text("TRUNCATE statement_lines, statements, commission_runs"))
    checkpoint()
