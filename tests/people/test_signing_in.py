"""Wrong passwords are counted by account and by network address, and forgotten in time."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select

from agentsys import clock
from agentsys.people import signing_in
from agentsys.people.models import WrongPasswords
from tests.factories import make_user

HERE, ELSEWHERE = "203.0.113.7", "203.0.113.8"


def wrong_ones(session, number, address=HERE):
    for _ in range(number):
        signing_in.count_wrong(session, user_id=None, address=address)


def test_an_address_with_too_many_wrong_passwords_waits_and_others_do_not(session):
    wrong_ones(session, signing_in.WRONG_OF_AN_ADDRESS - 1)
    before = signing_in.may_try(session, address=HERE)
    wrong_ones(session, 1)

    assert before
    assert not signing_in.may_try(session, address=HERE)
    assert signing_in.may_try(session, address=ELSEWHERE)


def test_after_a_while_an_address_starts_anew(session, monkeypatch):
    wrong_ones(session, signing_in.WRONG_OF_AN_ADDRESS)
    later = clock.now() + signing_in.COUNTED_FOR
    monkeypatch.setattr(clock, "now", lambda: later)

    free = signing_in.may_try(session, address=HERE)
    wrong_ones(session, 1)

    assert free
    assert session.get(WrongPasswords, HERE, populate_existing=True).count == 1


def test_addresses_that_have_been_quiet_leave_no_rows(session):
    old = clock.now() - signing_in.COUNTED_FOR - timedelta(seconds=1)
    session.add_all(
        WrongPasswords(address=f"198.51.100.{number}", count=3, since=old) for number in range(30)
    )
    session.flush()

    wrong_ones(session, 2)

    assert session.scalar(select(func.count()).select_from(WrongPasswords)) == 1


def test_a_lock_that_is_over_counts_from_one_again(session):
    user = make_user(session, locked_until=clock.now() - timedelta(seconds=1))

    signing_in.count_wrong(session, user_id=user.id, address=HERE)

    session.refresh(user)
    assert (user.failed_logins, user.locked_until) == (1, None)


def test_a_lock_by_a_clock_that_was_ahead_does_not_keep_anybody_out(session):
    tomorrow = clock.now() + timedelta(days=1)
    user = make_user(session, locked_until=tomorrow)

    locked = user.is_locked()
    signing_in.count_wrong(session, user_id=user.id, address=HERE)

    assert not locked
    session.refresh(user)
    assert (user.failed_logins, user.locked_until) == (1, None)


def test_an_address_counted_by_a_clock_that_was_ahead_may_try_and_starts_anew(session):
    tomorrow = clock.now() + timedelta(days=1)
    most = signing_in.WRONG_OF_AN_ADDRESS
    session.add(WrongPasswords(address=HERE, count=most, since=tomorrow))
    session.flush()

    free = signing_in.may_try(session, address=HERE)
    wrong_ones(session, 1)

    assert free
    assert session.get(WrongPasswords, HERE, populate_existing=True).count == 1
