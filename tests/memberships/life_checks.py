"""What must hold of members after whatever happened to them, in few statements."""

from __future__ import annotations

from datetime import date

from sqlalchemy import text
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.contributions.coverage import coverages
from agentsys.contributions.repricing import Priced
from agentsys.workers.kinds import Funding, Programmes, Sector

_OVERLAP = """
    SELECT a.worker_id, a.from_month FROM {0} a
    JOIN {0} b ON b.worker_id = a.worker_id AND b.from_month > a.from_month
        AND (a.until_month IS NULL OR b.from_month < a.until_month)
"""
# Queries that must find no worker and month.
_NEVER = {
    "memberships overlap": _OVERLAP.format("enrolments"),
    "assignments overlap": _OVERLAP.format("assignments"),
    "the list of an agent and the assignments differ": """
        SELECT w.id, a.from_month FROM workers w
        JOIN assignments a ON a.worker_id = w.id AND a.until_month IS NULL
        WHERE a.agent_id <> w.agent_id
    """,
    "an open month is with another agent than its worker": """
        SELECT c.worker_id, c.month FROM bills c JOIN workers w ON w.id = c.worker_id
        WHERE c.payment_id IS NULL AND c.agent_id <> w.agent_id
    """,
    "a month is billed outside a membership": """
        SELECT c.worker_id, c.month FROM bills c
        WHERE c.payment_id IS NULL AND NOT EXISTS (
            SELECT FROM enrolments e WHERE e.worker_id = c.worker_id AND e.from_month <= c.month
                AND (e.until_month IS NULL OR e.until_month > c.month)
        )
    """,
    "a month of a membership that is over for good is open": """
        SELECT c.worker_id, c.month FROM bills c
        WHERE c.payment_id IS NULL AND EXISTS (
            SELECT FROM enrolments e WHERE e.worker_id = c.worker_id AND e.until_month > c.month
                AND e.end_reason IN ('died', 'lapsed', 'duplicate')
        )
    """,
    "a month is paid here and elsewhere": """
        SELECT c.worker_id, c.month FROM bills c
        JOIN earlier_periods p ON p.worker_id = c.worker_id AND c.month >= p.from_month
            AND c.month < p.until_month
        WHERE p.state IN ('counted', 'retracting')
    """,
    "somebody earns a month twice": """
        SELECT min(worker_id), min(month) FROM statement_lines
        GROUP BY subject, rule, beneficiary HAVING count(*) > 1
    """,
    "somebody earns a month that BPJS did not confirm to us": """
        SELECT l.worker_id, l.month FROM statement_lines l
        WHERE l.worker_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM bills c WHERE c.worker_id = l.worker_id AND c.month = l.month
                AND c.confirmed_at IS NOT NULL
        )
    """,
    "a month is earned by another agent than the one who was paid": """
        SELECT l.worker_id, l.month FROM statement_lines l
        JOIN statements s ON s.id = l.statement_id
        JOIN bills c ON c.worker_id = l.worker_id AND c.month = l.month
        WHERE l.beneficiary = 'agent' AND c.agent_id <> s.agent_id
    """,
    "a dead person is a member": """
        SELECT d.worker_id, e.from_month FROM enrolments d
        JOIN enrolments e ON e.worker_id = d.worker_id AND e.from_month >= d.until_month
        WHERE d.end_reason = 'died'
    """,
    "somebody without consent is a member": """
        SELECT w.id, e.from_month FROM workers w JOIN enrolments e ON e.worker_id = w.id
        WHERE w.consent_withdrawn_at IS NOT NULL AND e.until_month IS NULL
    """,
}
# The partitions of all months are read once.
_HOLDS = text(
    "WITH bills AS MATERIALIZED (SELECT * FROM contributions) "
    + " UNION ALL ".join(
        f"SELECT '{what}' AS what, wrong.* FROM ({query}) AS wrong (worker_id, month)"
        for what, query in _NEVER.items()
    )
)
_OPEN = text("""
    SELECT c.worker_id, c.month, c.amount_idr, w.sector, w.income_idr, e.programmes, e.funding
    FROM contributions c
    JOIN workers w ON w.id = c.worker_id
    JOIN enrolments e ON e.worker_id = c.worker_id AND e.from_month <= c.month
        AND (e.until_month IS NULL OR e.until_month > c.month)
    WHERE c.payment_id IS NULL
""")


def check_rows(session: Session) -> None:
    """No query finds what must never be."""
    found = session.execute(_HOLDS).all()
    assert found == []


def check_cover(session: Session, at_bpjs: dict[int, set[date]]) -> None:
    """Cover is what a second account of the confirmed months says, never beyond it."""
    now = clock.this_month()
    for worker_id, cover in coverages(session, worker_ids=list(at_bpjs)).items():
        months = at_bpjs[worker_id]
        assert cover.is_covered is (now in months), (worker_id, cover, sorted(months))
        if cover.paid_until is not None:
            assert cover.paid_until.replace(day=1) in months


def check_prices(session: Session, prices: dict[tuple[int, date], int]) -> None:
    """An open month costs what it cost when it was billed, or was priced anew; `prices` knows.

    A month that is new in `prices` costs what the tariff says for the worker as he is now.
    """
    for row in session.execute(_OPEN):
        key = (row.worker_id, row.month)
        if key not in prices:
            priced = Priced(
                sector=Sector(row.sector),
                income_idr=row.income_idr,
                programmes=Programmes(row.programmes),
                funding=Funding(row.funding),
            )
            prices[key] = priced.price(row.month).amount_idr
        assert row.amount_idr == prices[key], key
