"""The counts of open work are read by one text for all users of the same roles."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import Engine, event

from agentsys import clock
from agentsys.extension.contract import PaymentState
from agentsys.listing.request import ListRequest
from agentsys.people.models import RoleName
from agentsys.work import counts, first_page, queries
from tests.factories import make_office, make_user
from tests.payments.world import World


@pytest.fixture
def world(session, vault):
    return World.build(session, vault)


def numbers(session, user):
    return {kind.key: number for kind, number in counts.numbers(session, user).items()}


def test_users_of_the_same_roles_are_counted_their_own_items(session, world):
    world.collect(world.months[:1])
    deposit = world.declare(key="deposit-0001", evidence="Slip 1")
    office_id = make_office(session).id
    here = [make_user(session, RoleName.FINANCE, office_id=world.office_id) for _ in range(2)]
    elsewhere = make_user(session, RoleName.FINANCE, office_id=office_id)
    deposit.declared_by = here[1].id
    session.flush()

    assert numbers(session, elsewhere).get("deposit.declared") is None
    assert numbers(session, here[0])["deposit.declared"] == 1
    assert numbers(session, here[1]).get("deposit.declared") is None  # declared it: not the second
    assert numbers(session, make_user(session, RoleName.ADMIN))["deposit.declared"] == 1


def test_states_are_part_of_the_text_and_users_are_not(session, world):
    """A plan that PostgreSQL keeps can use an index of open rows only for a state it knows."""
    asked = []

    def note(_connection, _cursor, statement, parameters, *_more):
        asked.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        numbers(session, world.finance)
    finally:
        event.remove(Engine, "before_cursor_execute", note)

    [(text, parameters)] = asked
    assert "deposits.state = 'declared'" in text
    assert parameters["user_id"] == world.finance.id
    days = {"now", "today", "this_month", "last_month", "months", "papers_until", "active_before"}
    days |= {"agreements_ending_until", "sponsor_ended_since"}
    assert set(parameters) == {"user_id", "office_id"} | days


def test_money_that_waited_is_counted_once_its_time_has_come(session, world):
    """The text is kept for as long as the process runs, so no time may be a part of it."""
    payment = world.ask()
    world.report(payment, PaymentState.SETTLED)
    payment.final_at = clock.now() + timedelta(minutes=10)
    session.flush()
    assert "remittance.ready" not in numbers(session, world.finance)

    with time_machine.travel(payment.final_at + timedelta(minutes=1)):
        assert numbers(session, world.finance)["remittance.ready"] == 1


@pytest.mark.parametrize("role", [RoleName.FINANCE, RoleName.ADMIN, RoleName.SUPERVISOR])
@pytest.mark.parametrize("size", [1, 2, 30])
def test_the_first_page_is_what_the_list_and_the_counts_say(session, world, role, size):
    world.collect(world.months[:1])
    world.declare(key="deposit-0001", evidence="Slip 1")
    office_id = None if role is RoleName.ADMIN else world.office_id
    user = make_user(session, role, office_id=office_id)
    asked = ListRequest(size=size)
    counted = counts.counts(session, user)

    found, page = first_page.read(session, user, asked)

    assert sorted(found, key=lambda count: count.kind.key) == sorted(
        counted, key=lambda count: count.kind.key
    )
    assert page == queries.waiting(session, user, asked, counted=counted)


def test_only_the_first_page_of_everything_by_due_time_is_read_at_once():
    plain = ListRequest()
    others = (
        {"query": "Budi"},
        {"tab": "late"},
        {"state": "deposit.declared"},
        {"agent": "A1"},
        {"cursor": "abc"},
        {"sort": "amount"},
        {"sort": "due", "descending": True},
        {"at_least_idr": 5},
    )

    assert first_page.is_asked_for(plain)
    assert first_page.is_asked_for(ListRequest(sort="due", descending=False))
    assert [other for other in others if first_page.is_asked_for(ListRequest(**other))] == []
