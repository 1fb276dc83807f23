"""Handing a portfolio over, compared with the bare statements that must be written.

Both write the same rows: the plan, the old and new assignments, the workers, their open months and
an event in each worker's history. Our code also divides the workers, checks and locks everything,
and records the hand-over. Both run in turns on the same workers, with durable settings.
"""

from __future__ import annotations

import argparse
from datetime import date
from statistics import median

from sqlalchemy import select, text

from agentsys import clock
from agentsys.db import transaction
from agentsys.handovers import consent, moving, planning
from agentsys.handovers.models import Handover
from agentsys.handovers.planning import Chosen, Division
from agentsys.months import add_months
from agentsys.people.models import Agent
from bench import people
from bench.measure import checkpoint, result, say, stopwatch, throwaway_app

_MONTHS = 2  # open months of each worker
_ROWS = """
INSERT INTO roles (name) VALUES ('supervisor');

INSERT INTO users (name, phone, active, fs_uniquifier, office_id, language, failed_logins,
    must_change_password, created_at)
SELECT 'Pembina', '+628120000000' || n, true, 'bench ' || n, id, 'id', 0, false, now()
FROM offices, generate_series(1, 2) AS n ORDER BY n;

INSERT INTO roles_users (user_id, role_id) SELECT u.id, r.id FROM users u, roles r;

UPDATE workers SET kelurahan = 'Kelurahan ' || id % 15;

INSERT INTO enrolments (worker_id, programmes, funding, from_month)
SELECT id, 'JKK+JKM', 'self', '2026-01-01' FROM workers ORDER BY id;

INSERT INTO assignments (worker_id, agent_id, from_month)
SELECT id, agent_id, '2026-01-01' FROM workers ORDER BY id;
"""
_OPEN = """
INSERT INTO contributions (worker_id, month, office_id, agent_id, programmes, funding, sector,
    jkk_idr, jkm_idr, jht_idr, tariff, billed_at)
SELECT id, :month, office_id, agent_id, 'JKK+JKM', 'self', 'other', 10000, 6800, 0, 'PP 44/2015',
    now()
FROM workers ORDER BY id
"""
# The least that a hand-over writes.
_BARE = {
    "planned": """
INSERT INTO handover_workers (handover_id, worker_id, to_agent_id, since)
SELECT :id, id, :to_agent_id, '2026-01-01' FROM workers WHERE agent_id = :from_agent_id
""",
    **moving.MOVE,
}


def main(argv: list[str]) -> dict[str, object]:
    """Hand the same portfolio over several times, in turns with the bare statements."""
    parser = argparse.ArgumentParser(prog="python -m bench handover", description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args(argv)
    with throwaway_app():
        say(f"loading {options.rows} workers of one agent")
        people.load(rows=options.rows, agents=1, then=_ROWS)
        _load_months()
        return _measure(options.rows, options.repeats)


def _load_months() -> None:
    first = clock.this_month()
    with transaction() as session:
        session.execute(text("SET LOCAL statement_timeout = 0"))
        office = session.scalar(text("SELECT id FROM offices"))
        session.add(
            Agent(office_id=office, code="BARU", name="Agen baru", joined_on=date(2026, 1, 1))
        )
        for back in range(_MONTHS):
            month = add_months(first, -back)
            session.execute(text("SELECT ensure_contribution_partition(:m)"), {"m": month})
            session.execute(text(_OPEN), {"month": month})


def _measure(rows: int, repeats: int) -> dict[str, object]:
    seconds: dict[str, list[float]] = {"limit": [], "ours": [], "draft": [], "history": []}
    for turn in range(repeats + 1):
        _bare(rows, seconds)
        _ours(rows, seconds)
        if turn == 0:  # a warm-up
            for taken in seconds.values():
                taken.clear()
        else:
            last = {name: taken[-1] for name, taken in seconds.items()}
            say(
                f"{turn}/{repeats}: bare {last['limit']:.2f} s, ours {last['ours']:.2f} s,"
                f" of it the draft {last['draft']:.2f} s"
            )
    return result(
        "handover",
        ours=seconds["ours"],
        limit=seconds["limit"],
        rows=rows,
        open_months=rows * _MONTHS,
        # Against the statements without the events of the workers' histories.
        ratio_without_history=round(
            median(seconds["ours"]) / (median(seconds["limit"]) - median(seconds["history"])), 2
        ),
    )


def _bare(rows: int, seconds: dict[str, list[float]]) -> None:
    old, new, actor = _people()
    with transaction() as session:
        number = session.scalar(
            text(
                "INSERT INTO handovers (office_id, to_office_id, from_agent_id, from_month, reason,"
                " workers, state, made_by, made_at, undo_reason)"
                " SELECT office_id, office_id, id, :month, 'x', :rows, 'draft', :actor, now(), ''"
                " FROM agents WHERE id = :old RETURNING id"
            ),
            {"month": clock.this_month(), "rows": rows, "actor": actor, "old": old},
        )
        office = session.scalar(select(Agent.office_id).where(Agent.id == old))
    values = {
        "id": number,
        "from_agent_id": old,
        "to_agent_id": new,
        "month": clock.this_month(),
        "to_office_id": office,
        "now": clock.now(),
        "actor_id": actor,
        "from_name": "x",
        "reason": "x",
    }
    checkpoint()
    with stopwatch(seconds["limit"]), transaction() as session:
        for name, statement in _BARE.items():
            with stopwatch(seconds["history"] if name == "told" else []):
                session.execute(text(statement), values)
    _restore()


def _ours(rows: int, seconds: dict[str, list[float]]) -> None:
    old, new, actor = _people()
    second = actor + 1
    checkpoint()
    with stopwatch(seconds["ours"]):
        with stopwatch(seconds["draft"]), transaction() as session:
            number = planning.draft(
                session,
                from_agent_id=old,
                chosen=Chosen(),
                to_agent_ids=[new],
                division=Division.EQUAL,
                from_month=clock.this_month(),
                reason="x",
                actor_id=actor,
            ).id
        with transaction() as session:
            consent.propose(session, handover_id=number, actor_id=actor)
        with transaction() as session:
            consent.accept(session, handover_id=number, actor_id=second)
            done = session.get_one(Handover, number)
            assert done.workers == rows, f"{done.workers} of {rows}"
    _restore()


def _people() -> tuple[int, int, int]:
    with transaction() as session:
        old, new = session.scalars(select(Agent.id).order_by(Agent.id)).all()
        actor = session.scalar(text("SELECT min(id) FROM users"))
        assert isinstance(actor, int)
        return old, new, actor


def _restore() -> None:
    """All workers are the first agent's again, as at the beginning."""
    old, _new, _actor = _people()
    values = {"old": old, "month": clock.this_month()}
    with transaction() as session:
        session.execute(text("SET LOCAL statement_timeout = 0"))
        for statement in (
            "DELETE FROM assignments WHERE from_month = :month",
            "UPDATE assignments SET until_month = NULL, agent_id = :old",
            "UPDATE workers SET agent_id = :old",
            "UPDATE contributions SET agent_id = :old",
            "TRUNCATE handover_workers",
        ):
            session.execute(text(statement), values)
