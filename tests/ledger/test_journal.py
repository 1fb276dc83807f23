"""The journal: balanced, written once, never changed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.ledger import accounts, journal
from agentsys.ledger.journal import PostedOtherwise, Unbalanced

A, B = accounts.cash_of(42), accounts.owed_bpjs(7)


def post(session: Session, source: str = "e:1", **lines: int) -> bool:
    """Post a balanced entry, or the lines that are given."""
    legs = {A: lines.get("a", 5), B: lines.get("b", -5)}
    return journal.post(session, kind="test", source=source, at=clock.now(), lines=legs)


def test_an_entry_is_in_the_balances_of_its_accounts(session: Session) -> None:
    assert post(session)
    assert post(session, "e:2", a=7, b=-7)

    assert journal.balance(session, A) == 12
    assert journal.balances(session) == {A: 12, B: -12}
    assert journal.balances(session, "cash:") == {A: 12}
    assert journal.balance(session, "nobody") == 0


def test_the_same_event_is_posted_once(session: Session) -> None:
    post(session)

    assert post(session) is False
    assert journal.balance(session, A) == 5


def test_the_same_event_with_other_lines_is_refused(session: Session) -> None:
    post(session)

    with pytest.raises(PostedOtherwise):
        post(session, a=6, b=-6)


@pytest.mark.parametrize("lines", [{"a": 5, "b": -4}, {"a": 0, "b": 0}, {"a": 5, "b": 5}])
def test_lines_that_do_not_balance_or_move_nothing_are_refused(
    session: Session, lines: dict[str, int]
) -> None:
    with pytest.raises(Unbalanced):
        post(session, **lines)

    assert journal.balances(session) == {}


def test_accounts_at_zero_are_left_out_of_an_entry(session: Session) -> None:
    lines = {A: 5, B: -5, accounts.suspense(7): 0}
    journal.post(session, kind="test", source="e:1", at=clock.now(), lines=lines)

    assert journal.lines_of(session, kind="test", source="e:1") == {A: 5, B: -5}


def test_a_prefix_is_taken_literally(session: Session) -> None:
    post(session)

    assert journal.balances(session, "cash_agent%") == {}


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE postings SET amount_idr = amount_idr + 1",
        "DELETE FROM postings",
        "UPDATE entries SET kind = 'other'",
        "DELETE FROM entries",
    ],
)
def test_the_database_refuses_to_change_what_was_posted(session: Session, change: str) -> None:
    post(session)

    with pytest.raises(IntegrityError, match="never changed"):
        session.execute(text(change))


def test_the_database_refuses_an_entry_that_does_not_sum_to_zero(session: Session) -> None:
    post(session)
    session.execute(
        text("INSERT INTO postings SELECT id, 'suspense', 1 FROM entries WHERE source = 'e:1'")
    )

    with pytest.raises(IntegrityError, match="does not sum to zero"):
        session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))


@given(st.dictionaries(st.text(max_size=8), st.integers(-(10**15), 10**15), max_size=6))
def test_whatever_is_posted_sums_to_zero_or_is_refused(lines: dict[str, int]) -> None:
    class NoDatabase:
        """A session that fails if it is used: unbalanced lines must not reach the database."""

    if sum(lines.values()) == 0 and any(lines.values()):
        return
    with pytest.raises(Unbalanced):
        journal.post(NoDatabase(), kind="t", source="s", at=clock.now(), lines=lines)  # type: ignore[arg-type]
