"""The trail: nothing in it is changed, removed or emptied unseen."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from agentsys.audit import trail
from agentsys.demo import city

APPEND_ONLY = ["audit_events", "entries", "payment_moves", "postings"]


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
    kept = trail.head(session)
    _record(session, 2)

    assert (trail.length(session), trail.holds(session, kept)) == (4, True)
    assert trail.head(session) != kept


@pytest.mark.parametrize("head", ["", "1", "x:y", "999999:00", "1:00", "99999999999999999999:00"])
def test_a_head_that_never_was_is_not_there(session: Session, head: str) -> None:
    _record(session, 1)

    assert not trail.holds(session, head)


def test_an_empty_trail_has_no_head(session: Session) -> None:
    assert (trail.length(session), trail.head(session)) == (0, "")
