"""What must be 0 of debits: found among the last days' debits, or by the last audit."""

from __future__ import annotations

from datetime import date

from sqlalchemy import event, text
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.db import db
from agentsys.ledger import debit_checks
from agentsys.ledger.models import Proof
from agentsys.payments.mandates import debit_queries
from tests.payments.mandates.auto import AutoDebit, agreed


def test_all_is_zero_and_one_statement_tells(session: Session) -> None:
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if not statement.startswith("SAVEPOINT"):
            asked.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        found = debit_queries.faults(session)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)

    assert found == dict.fromkeys(debit_checks.CHECKS, 0)
    assert len(asked) == 1


def test_a_debit_without_its_notice_shows_at_once(auto: AutoDebit) -> None:
    agreed(auto)
    auto.until(date(2026, 11, 11))
    session = auto.world.session
    before = debit_queries.faults(session)
    session.execute(text("UPDATE notices SET amount_idr = amount_idr + 1"))

    assert set(before.values()) == {0}
    assert debit_queries.faults(session)["debit_has_its_notice"] == 1


def test_what_the_last_audit_found_among_all_debits_counts_too(session: Session) -> None:
    session.add(
        Proof(
            name="debit_pays_no_month_twice",
            point=0,
            failures=2,
            sample=[],
            whole=True,
            seconds=0.1,
            at=clock.now(),
            by="job",
        )
    )
    session.flush()

    assert debit_queries.faults(session)["debit_pays_no_month_twice"] == 2
