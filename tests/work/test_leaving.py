"""Whoever leaves hands the open work over first."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from agentsys.errors import Conflict, Invalid
from agentsys.people.models import AgentStatus, RoleName, User
from agentsys.work import leaving
from agentsys.work.models import WorkAssignment
from tests.factories import make_agent, make_office, make_user


@pytest.fixture
def admin(session) -> User:
    """An admin of all offices."""
    return make_user(session, RoleName.ADMIN)


@pytest.fixture
def leader(session) -> User:
    """A supervisor."""
    office = make_office(session)
    return make_user(session, RoleName.SUPERVISOR, office_id=office.id)


def close(session, user, admin, to=None):
    to_id = to.id if to else None
    leaving.close_account(session, user_id=user.id, to_id=to_id, actor_id=admin.id)


def hold(session, user, kind, subject="7"):
    session.add(WorkAssignment(kind=kind, subject=subject, holder_id=user.id))
    session.flush()


def test_an_account_without_open_work_is_closed_at_once(session, admin, leader):
    close(session, leader, admin)

    assert not leader.active


def test_a_supervisors_agents_go_to_another_supervisor_of_the_office(session, admin, leader):
    agent = make_agent(session, office_id=leader.office_id, supervisor_id=leader.id)
    gone = make_agent(
        session, office_id=leader.office_id, supervisor_id=leader.id, status=AgentStatus.LEFT
    )
    other = make_user(session, RoleName.SUPERVISOR, office_id=leader.office_id)
    elsewhere = make_user(session, RoleName.SUPERVISOR, office_id=make_office(session).id)

    assert [each.id for each in leaving.left_open(session, user_id=leader.id).led] == [agent.id]
    with pytest.raises(leaving.StillHasWork):
        close(session, leader, admin)
    with pytest.raises(Invalid, match="Pilih rekan"):
        close(session, leader, admin, to=elsewhere)
    assert leader.active

    close(session, leader, admin, to=other)
    assert (agent.supervisor_id, gone.supervisor_id) == (other.id, leader.id)
    assert not leader.active


def test_held_work_goes_to_a_colleague_who_may_decide_it_and_the_rest_is_free(session, admin):
    office = make_office(session)
    lina, dewi = (make_user(session, RoleName.FINANCE, office_id=office.id) for _ in range(2))
    hold(session, lina, "transfer.proposed")
    hold(session, lina, "statement.submitted")

    with pytest.raises(leaving.StillHasWork):
        close(session, lina, admin)
    close(session, lina, admin, to=dewi)

    held = session.execute(select(WorkAssignment.kind, WorkAssignment.holder_id)).all()
    assert held == [("transfer.proposed", dewi.id)]


def test_a_working_agent_leaves_as_an_agent_first(session, admin):
    agent = make_agent(session)

    with pytest.raises(Conflict, match="masih bekerja sebagai agen"):
        close(session, agent.user, admin)
    agent.status = AgentStatus.LEFT
    session.flush()
    close(session, agent.user, admin)

    assert not agent.user.active


def test_nobody_closes_the_own_account(session, admin):
    with pytest.raises(Invalid, match="Minta admin lain"):
        close(session, admin, admin)
