"""An office is closed only when nobody and no money is left there; then nobody joins it."""

from __future__ import annotations

from datetime import date

import pytest

from agentsys import clock
from agentsys.errors import Invalid
from agentsys.ledger import accounts, journal
from agentsys.memberships import closing_offices
from agentsys.people import accounts as user_accounts
from agentsys.people import agents
from agentsys.people.models import AgentStatus, Office, RoleName, User
from agentsys.people.offices import OfficeClosed, check_open
from tests.factories import make_agent, make_office, make_user, make_worker


@pytest.fixture
def office(session) -> Office:
    """An office."""
    return make_office(session)


@pytest.fixture
def admin(session) -> User:
    """An admin of all offices."""
    return make_user(session, RoleName.ADMIN)


def close(session, office, admin):
    closing_offices.close(session, office_id=office.id, actor=admin)


@pytest.mark.made_up_books
def test_what_is_left_is_counted_and_keeps_the_office_open(session, vault, office, admin):
    agent = make_agent(session, office_id=office.id)
    make_worker(session, vault, agent=agent)
    lines = {accounts.cash_of(agent.id): 50_000, accounts.owed_bpjs(office.id): -50_000}
    journal.post(session, kind="x", source="x", at=clock.now(), lines=lines)

    left = closing_offices.left_there(session, office.id)

    assert (left.agents, left.members, left.users) == (1, 1, 2)
    assert (left.held_idr, left.owed_idr) == (50_000, 50_000)
    with pytest.raises(closing_offices.NotEmpty):
        close(session, office, admin)
    assert office.closed_at is None


def test_nobody_joins_a_closed_office_until_it_is_opened_again(session, office, admin):
    agent = make_agent(
        session, office_id=office.id, signed_in=False, supervisor_id=None, status=AgentStatus.LEFT
    )
    close(session, office, admin)

    def hire():
        return user_accounts.add_user(
            session,
            name="Lina",
            roles=[RoleName.FINANCE],
            phone="081200000001",
            email="",
            password="gajah makan bambu kuning",
            office_id=office.id,
            actor_id=admin.id,
        )

    with pytest.raises(OfficeClosed):
        hire()
    with pytest.raises(OfficeClosed):
        agents.change_agent(
            session,
            agent_id=agent.id,
            supervisor_id=None,
            status=AgentStatus.ACTIVE,
            cash_ceiling_idr=0,
            actor_id=admin.id,
        )
    closing_offices.reopen(session, office_id=office.id, actor=admin)
    assert hire().office_id == office.id


def test_an_admin_of_one_office_does_not_close_it(session, office):
    own = make_user(session, RoleName.ADMIN, office_id=office.id)

    with pytest.raises(Invalid, match="semua kantor"):
        close(session, office, own)
    check_open(session, office.id)


def test_closing_twice_keeps_the_first_day(session, office, admin):
    close(session, office, admin)
    first = office.closed_at

    close(session, office, admin)

    assert office.closed_at == first
    assert isinstance(first.date(), date)
