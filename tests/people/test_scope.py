"""Which rows each user sees."""

from __future__ import annotations

import pytest
from sqlalchemy import select, true

from agentsys.errors import NotFound
from agentsys.people import scope
from agentsys.people.models import Agent, Office, RoleName
from agentsys.people.permissions import Permission
from tests.factories import give, make_agent, make_office, make_user


def test_a_supervisor_sees_the_agents_of_the_own_team_only(session):
    mine = make_agent(session)
    make_agent(session)

    seen = session.scalars(select(Agent).where(scope.agents(mine.supervisor))).all()

    assert seen == [mine]


def test_finance_sees_the_own_office_and_finance_without_office_sees_nothing(session):
    agent = make_agent(session)
    make_agent(session)
    finance = make_user(session, RoleName.FINANCE, office_id=agent.office_id)
    nowhere = make_user(session, RoleName.FINANCE)

    assert session.scalars(select(Agent).where(scope.agents(finance))).all() == [agent]
    assert session.scalars(select(Agent).where(scope.agents(nowhere))).all() == []


def test_admins_and_auditors_without_office_see_every_office(session):
    agents = {make_agent(session).id, make_agent(session).id}

    for role in (RoleName.ADMIN, RoleName.AUDITOR):
        user = make_user(session, role)
        assert set(session.scalars(select(Agent.id).where(scope.agents(user)))) >= agents


def test_an_agent_sees_only_himself_and_nothing_of_the_office(session):
    agent = make_agent(session)
    make_agent(session, office_id=agent.office_id)

    assert session.scalars(select(Agent).where(scope.agents(agent.user))).all() == [agent]
    assert not session.scalars(
        select(Agent).where(scope.of_office(agent.user, Agent.office_id))
    ).all()


def test_an_office_is_never_mixed_with_another(session):
    first, second = make_office(session), make_office(session)
    finance = make_user(session, RoleName.FINANCE, office_id=first.id)
    make_agent(session, office_id=second.id)

    assert session.scalars(select(Agent).where(scope.agents(finance))).all() == []


def test_who_is_agent_and_supervisor_sees_the_own_portfolio_and_the_team(session):
    led = make_agent(session)
    mine = make_agent(session, office_id=led.office_id, user_id=led.supervisor_id)
    make_agent(session, office_id=led.office_id)
    give(session, led.supervisor, RoleName.AGENT)

    seen = set(session.scalars(select(Agent).where(scope.agents(led.supervisor))))

    assert seen == {mine, led}


def test_a_page_of_one_role_shows_what_that_role_sees_and_not_what_the_others_do(session):
    agent = make_agent(session)
    make_agent(session, office_id=agent.office_id)
    give(session, agent.user, RoleName.FINANCE)

    everything = session.scalars(select(Agent).where(scope.agents(agent.user))).all()
    portfolio = scope.agents(agent.user, to=Permission.PORTFOLIO_READ)
    nothing = scope.agents(agent.user, to=Permission.COMMISSION_APPROVE)

    assert len(everything) == 2
    assert session.scalars(select(Agent).where(portfolio)).all() == [agent]
    assert session.scalars(select(Agent).where(nothing)).all() == []


def test_an_agent_who_is_in_finance_sees_what_the_office_has_and_no_other_office(session):
    agent, elsewhere = make_agent(session), make_agent(session)
    give(session, agent.user, RoleName.FINANCE)

    seen = session.scalars(select(Agent).where(scope.of_office(agent.user, Agent.office_id))).all()

    assert agent in seen
    assert elsewhere not in seen


def test_several_roles_without_office_see_every_office_only_if_one_of_them_does(session):
    make_agent(session)
    finance = make_user(session, RoleName.FINANCE, RoleName.SUPERVISOR)
    admin = make_user(session, RoleName.FINANCE, RoleName.ADMIN)

    assert not session.scalars(select(Agent).where(scope.of_office(finance, Agent.office_id))).all()
    assert session.scalars(select(Agent).where(scope.of_office(admin, Agent.office_id))).all()


@pytest.mark.parametrize("number", [0, -1, 2**63 - 1, 2**63, 10**30])
def test_a_number_that_no_row_can_have_is_not_found(session, number):
    with pytest.raises(NotFound):
        scope.one(session, Office, true(), number)
    assert session.scalar(select(1)) == 1
