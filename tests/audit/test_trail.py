"""The audit trail: changed, removed or emptied events are detected."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from agentsys.audit import trail
from agentsys.db import db, transaction
from agentsys.demo import city

APPEND_ONLY = ["audit_events", "audit_seals", "entries", "payment_moves", "postings"]


def _record(session: Session, count: int) -> None:
    for number in range(count):
        trail.record(session, actor_id=None, action="x", subject=f"x:{number}", details={})


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_what_is_only_added_to_cannot_be_emptied(session: Session, table: str) -> None:
    with pytest.raises(IntegrityError, match="never changed or removed"), session.begin_nested():
        session.execute(text(f"TRUNCATE {table} CASCADE"))


def test_emptying_a_table_that_others_point_to_spares_them_too(session: Session) -> None:
    with pytest.raises(IntegrityError, match="payment_moves"), session.begin_nested():
        session.execute(text("TRUNCATE payments CASCADE"))


def test_a_demo_is_emptied_and_guarded_again(session: Session) -> None:
    _record(session, 2)

    city.reset(session, allowed=True)

    assert trail.length(session) == 0
    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(text("TRUNCATE audit_events"))


def test_the_head_that_somebody_kept_is_still_there_when_the_trail_has_grown(
    session: Session,
) -> None:
    _record(session, 2)
    trail.seal(session)
    kept = trail.head(session)
    _record(session, 2)
    trail.seal(session)

    assert (trail.length(session), trail.holds(session, kept)) == (4, True)
    assert trail.head(session) != kept


@pytest.mark.parametrize("head", ["", "1", "x:y", "999999:00", "1:00", "99999999999999999999:00"])
def test_a_head_that_never_was_is_not_there(session: Session, head: str) -> None:
    _record(session, 1)
    trail.seal(session)

    assert not trail.holds(session, head)


def test_an_empty_trail_has_no_head(session: Session) -> None:
    assert (trail.length(session), trail.head(session)) == (0, "")


def _unguarded(session: Session, statement: str) -> None:
    """Changes by somebody who owns the tables."""
    tables = ("audit_events", "audit_seals")
    for table in tables:
        session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
    session.execute(text(statement))
    for table in tables:
        session.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))


def test_events_are_sealed_in_order_once_and_in_lots(session: Session) -> None:
    _record(session, 5)

    lots = [trail.seal(session, limit=2) for _ in range(4)]

    assert lots == [2, 2, 1, 0]
    assert (trail.sealed_up_to(session), trail.broken_links(session)) == (5, [])


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE audit_events SET action = 'y' WHERE subject = 'x:1'",
        "UPDATE audit_events SET actor_id = 7 WHERE subject = 'x:1'",
        "DELETE FROM audit_events WHERE subject = 'x:1'",
    ],
)
@pytest.mark.parametrize("sealed", [True, False])
def test_an_event_that_was_changed_or_removed_is_found(
    session: Session, damage: str, sealed: bool
) -> None:
    _record(session, 3)
    if sealed:
        trail.seal(session)

    with session.begin_nested() as undone:
        _unguarded(session, damage)
        session.expire_all()
        trail.seal(session)
        # Before it is sealed, an event can be changed unseen, but not removed.
        assert bool(trail.broken_links(session)) is (sealed or damage.startswith("DELETE"))
        undone.rollback()


def test_a_removed_seal_is_found_unless_it_is_the_newest(session: Session) -> None:
    _record(session, 3)
    trail.seal(session)
    kept = trail.head(session)

    with session.begin_nested() as undone:
        _unguarded(session, "DELETE FROM audit_seals WHERE number = 2")
        assert trail.broken_links(session) != []
        undone.rollback()
    with session.begin_nested() as undone:
        _unguarded(session, "DELETE FROM audit_seals WHERE number = 3")
        assert (trail.broken_links(session), trail.holds(session, kept)) == ([], False)
        undone.rollback()


def test_a_proof_goes_on_from_a_seal_that_was_proven_before(session: Session) -> None:
    _record(session, 3)
    trail.seal(session)
    proven = trail.sealed_up_to(session)
    _record(session, 1)
    trail.seal(session)

    with session.begin_nested() as undone:
        _unguarded(session, "UPDATE audit_events SET action = 'y' WHERE subject = 'x:1'")
        assert trail.broken_links(session, after=proven) == []
        assert trail.broken_links(session) != []
        undone.rollback()


def test_nobody_who_records_waits_for_another(committed: Flask) -> None:
    with committed.app_context(), transaction() as slow:
        trail.record(slow, actor_id=None, action="slow", subject="x:slow", details={})
        with db.engine.connect() as other, Session(other) as quick, quick.begin():
            quick.execute(text("SET LOCAL lock_timeout = '1s'"))
            trail.record(quick, actor_id=None, action="quick", subject="x:quick", details={})
            assert trail.seal(quick) == 1  # what is not committed yet is sealed later
        assert trail.seal(slow) == 1

    with committed.app_context():
        assert trail.broken_links(db.session()) == []
        assert trail.sealed_up_to(db.session()) == 2
