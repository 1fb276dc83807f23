"""The audit checks what changed since the last one, or everything on request."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from agentsys.audit import trail
from agentsys.db import db, transaction
from agentsys.demo import city
from agentsys.ledger import balances, changes, counted, invariants, journal, proofs
from agentsys.ledger.models import Proof
from tests.ledger.month_end import DAMAGE, close_month
from tests.payments.races import committed_world
from tests.payments.world import World


@pytest.fixture
def closed(app: Flask) -> Iterator[World]:
    """An app whose database has the books of one month, committed; emptied after the test."""
    try:
        world = committed_world(app, close_month)
        with app.app_context():
            yield world
    finally:
        with app.app_context():
            db.session.rollback()
            city.reset(db.session(), allowed=True)
            db.session.commit()


@pytest.fixture
def all_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take all transactions as ended, also those of other databases on the same server."""
    newest = changes._NOW_AND_NEWEST.replace("pg_snapshot_xmin", "pg_snapshot_xmax")
    monkeypatch.setattr(changes, "_NOW_AND_NEWEST", newest)


def audit(*, full: bool = False) -> dict[str, proofs.Proven]:
    """Run the audit as the command does."""
    with transaction() as session:
        trail.seal(session)
    return {found.name: found for found in proofs.prove(transaction, by="test", full=full)}


def failing(found: dict[str, proofs.Proven]) -> set[str]:
    """Which checks found something."""
    return {name for name, proven in found.items() if proven.failures}


def damage(statement: str) -> None:
    """Change the books by hand."""
    with transaction() as session:
        session.execute(text(statement.replace(":", "\\:")))
        counted.hurry(session)


def test_the_first_audit_reads_everything_and_the_next_what_changed(closed: World) -> None:
    first = audit()
    second = audit()

    assert failing(first) == failing(second) == set()
    assert all(proven.whole for name, proven in first.items())
    assert not any(proven.whole for proven in second.values())
    assert first.keys() == {*invariants.CHECKS, proofs.TRAIL}


@pytest.mark.parametrize("name", DAMAGE)
def test_new_damage_is_found_by_the_next_audit_and_old_by_a_full_one(
    closed: World, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    audit()
    damage(DAMAGE[name])

    assert name in failing(audit())
    with monkeypatch.context() as all_tables:
        all_tables.setattr(counted, "LARGE", 0)
        assert name in failing(audit())
    kept = db.session.get_one(Proof, name)
    assert kept.failures > 0
    assert kept.sample
    db.session.rollback()
    with transaction() as session:
        _pretend_proven(session)
    assert name in failing(audit(full=True))


def _pretend_proven(session: Session) -> None:
    """Store that all checks passed now, as if the damage were older."""
    window = changes.window(session, since=None)
    for check in invariants.CHECKS:
        proven = proofs.Proven(name=check, failures=[], seconds=0, whole=True)
        proofs.keep(session, proven, point=window.now, by="test")
    changes.remember(session, changes.find(lambda: nullcontext(session), window))


def test_an_interrupted_audit_keeps_what_it_proved_and_lets_the_next_begin(closed: World) -> None:
    def stop(proven: proofs.Proven) -> None:
        assert not db.session().in_transaction()  # nothing stays open from check to check
        if proven.name == list(invariants.CHECKS)[2]:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        proofs.prove(transaction, by="test", progress=stop)
    with transaction() as session:
        assert {kept.name for kept in proofs.last(session)} == set(list(invariants.CHECKS)[:3])

    found = audit()

    assert failing(found) == set()
    assert all(proven.whole for proven in found.values())


def test_a_second_audit_is_refused_as_long_as_the_first_runs(closed: World) -> None:
    refused = []

    def again(_: proofs.Proven) -> None:
        with pytest.raises(proofs.AuditUnderWay) as told:
            proofs.prove(transaction, by="test")
        refused.append(told)

    proofs.prove(transaction, by="test", progress=again)

    assert len(refused) == len(invariants.CHECKS) + 1
    assert failing(audit()) == set()


@pytest.mark.usefixtures("all_is_over")
def test_a_row_that_was_removed_makes_the_next_audit_read_everything(closed: World) -> None:
    audit()
    damage("DELETE FROM receipts")

    found = audit()

    assert found["entries_sum_to_zero"].whole
    assert "settled_payment_has_a_receipt" in failing(found)


def test_what_was_posted_since_is_added_to_the_proven_balances(closed: World) -> None:
    audit()
    for number in range(3):
        with transaction() as session:
            lines = {"suspense:7": 5, "bank:collection:7": -5}
            now = proofs.clock.now()
            journal.post(session, kind="test", source=str(number), at=now, lines=lines)
        found = audit()
        assert not found["kept_balances_equal_the_sums"].whole or number
        assert "kept_balances_equal_the_sums" not in failing(found)


def test_what_is_posted_while_an_audit_runs_is_no_difference(
    closed: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    audit()
    find = changes.find

    def find_and_go_on(*asked: Any) -> changes.Changes:
        found = find(*asked)
        with transaction() as session:
            lines = {"suspense:7": 5, "bank:collection:7": -5}
            journal.post(session, kind="test", source="1", at=proofs.clock.now(), lines=lines)
        return found

    monkeypatch.setattr(changes, "find", find_and_go_on)
    between = audit()
    monkeypatch.undo()

    assert "kept_balances_equal_the_sums" not in failing(between)
    damage(DAMAGE["kept_balances_equal_the_sums"])
    assert "kept_balances_equal_the_sums" in failing(audit())


def test_changes_are_folded_into_the_kept_balances(closed: World) -> None:
    with transaction() as session:
        before = journal.balances(session)
        assert balances.fold(session, limit=3) == 3
        assert balances.fold(session) > 0
        assert balances.fold(session) == 0
        assert journal.balances(session) == before

    assert failing(audit()) == set()


def test_the_trail_is_followed_from_the_last_proven_seal(closed: World) -> None:
    with transaction() as session:
        trail.record(session, actor_id=None, action="a", subject="s", details={})
    audit()
    with transaction() as session:
        late = trail.record(session, actor_id=None, action="b", subject="s", details={}).id
    with transaction() as session:
        trail.seal(session)
    with transaction() as session:
        session.execute(text("ALTER TABLE audit_events DISABLE TRIGGER audit_events_append_only"))
        session.execute(text(f"UPDATE audit_events SET subject = 'x' WHERE id = {late}"))
        session.execute(text("ALTER TABLE audit_events ENABLE TRIGGER audit_events_append_only"))

    found = audit()[proofs.TRAIL]

    assert found.failures == [{"event": late}]
    assert not found.whole
