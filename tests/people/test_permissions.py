"""The table of roles, and who may change anybody's."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from agentsys.audit.models import AuditEvent
from agentsys.errors import Invalid
from agentsys.people import accounts, agents, queries
from agentsys.people.models import AgentStatus, RoleName
from agentsys.people.permissions import ROLES, Permission, Reach, roles_with
from tests.factories import give, make_agent, make_office, make_user
from tests.people.permissions_page import page


def test_the_page_about_permissions_is_the_table_in_the_code(here):
    written = (here / "docs" / "permissions.md").read_text()

    assert written == page(), "run: ./dev docs"


def test_each_role_has_a_row_and_each_permission_a_role():
    assert set(ROLES) == set(RoleName)
    assert [permission for permission in Permission if not roles_with(permission)] == []


def test_an_auditor_reads_whatever_the_others_read_of_an_office_and_writes_nothing():
    audits = ROLES[RoleName.AUDITOR].permissions
    read = {
        permission
        for rights in ROLES.values()
        if rights.reach is not Reach.OWN
        for permission in rights.permissions
        if permission.reads
    }

    assert audits == read


def test_nobody_has_the_means_to_both_compute_and_approve_by_one_role():
    for rights in ROLES.values():
        both = {Permission.COMMISSION_COMPUTE, Permission.COMMISSION_APPROVE}
        assert not both <= rights.permissions


def test_several_roles_add_up(session):
    user = make_user(session, RoleName.SUPERVISOR, RoleName.FINANCE)

    assert user.role_names == {RoleName.SUPERVISOR, RoleName.FINANCE}
    assert user.can(Permission.COMMISSION_APPROVE)
    assert user.can(Permission.DEPOSIT_CONFIRM)
    assert not user.can(Permission.USER_MANAGE)
    assert user.reach() == {Reach.TEAM, Reach.OFFICE}
    assert user.reach(Permission.COMMISSION_APPROVE) == {Reach.TEAM}


def test_only_who_is_nothing_but_an_agent_works_in_the_field_alone(session):
    assert make_user(session, RoleName.AGENT).only_in_the_field
    assert not make_user(session, RoleName.AGENT, RoleName.SUPERVISOR).only_in_the_field
    assert not make_user(session, RoleName.FINANCE).only_in_the_field


def change(session, user, *roles, actor=None):
    actor = actor or make_user(session, RoleName.ADMIN)
    accounts.change_roles(session, user_id=user.id, roles=roles, actor_id=actor.id)


def test_changed_roles_are_in_the_trail_before_and_after(session):
    user = make_user(session, RoleName.FINANCE, office_id=make_office(session).id)
    admin = make_user(session, RoleName.ADMIN)

    change(session, user, RoleName.FINANCE, RoleName.SUPERVISOR, actor=admin)
    change(session, user, RoleName.SUPERVISOR, RoleName.FINANCE, actor=admin)  # nothing new

    told = session.scalars(select(AuditEvent).where(AuditEvent.action == "user.roles_changed"))
    assert [(event.actor_id, event.subject, event.details) for event in told] == [
        (admin.id, f"user:{user.id}", {"roles": [["finance"], ["finance", "supervisor"]]})
    ]
    assert user.role_names == {RoleName.FINANCE, RoleName.SUPERVISOR}


@pytest.mark.parametrize(
    ("roles", "sentence"),
    [
        ((), "paling sedikit satu peran"),
        ((RoleName.AUDITOR, RoleName.FINANCE), "Auditor tidak merangkap"),
    ],
)
def test_nobody_is_left_without_a_role_and_an_auditor_is_nothing_else(session, roles, sentence):
    user = make_user(session, RoleName.FINANCE, office_id=make_office(session).id)

    with pytest.raises(Invalid, match=sentence):
        change(session, user, *roles)

    assert user.role_names == {RoleName.FINANCE}


def test_an_admin_of_all_offices_gets_no_role_that_needs_an_office(session):
    user = make_user(session, RoleName.ADMIN)

    with pytest.raises(Invalid, match="Pilih kantor"):
        change(session, user, RoleName.ADMIN, RoleName.FINANCE)


def test_nobody_changes_the_own_roles(session):
    admin = make_user(session, RoleName.ADMIN, office_id=make_office(session).id)

    with pytest.raises(Invalid, match="peran sendiri"):
        change(session, admin, RoleName.ADMIN, RoleName.FINANCE, actor=admin)


def test_an_agent_who_works_keeps_the_role_until_he_or_she_has_left(session):
    agent = make_agent(session)
    give(session, agent.user, RoleName.SUPERVISOR)

    with pytest.raises(Invalid, match="Berhenti"):
        change(session, agent.user, RoleName.SUPERVISOR)
    agent.status = AgentStatus.LEFT
    session.flush()
    change(session, agent.user, RoleName.SUPERVISOR)

    assert agent.user.role_names == {RoleName.SUPERVISOR}


def test_nobody_leads_himself(session):
    office = make_office(session)
    leader = make_user(session, RoleName.SUPERVISOR, RoleName.AGENT, office_id=office.id)

    with pytest.raises(Invalid, match="penyelia diri sendiri"):
        agents.add_agent(
            session,
            user_id=leader.id,
            code="A-1",
            supervisor_id=leader.id,
            area="",
            actor_id=leader.id,
        )
    admin = make_user(session, RoleName.ADMIN, office_id=office.id)
    assert [found.id for found in queries.supervisors(session, admin)] == [leader.id]
