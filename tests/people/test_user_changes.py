"""Each field of a user can be changed; the audit trail keeps before and after."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from agentsys.audit.queries import about
from agentsys.errors import Invalid
from agentsys.people import accounts, second_person, sessions
from agentsys.people.models import AgentStatus, RoleName, User, UserSession
from agentsys.people.user_changes import change_user
from tests.factories import make_agent, make_office, make_user


@pytest.fixture
def admin(session) -> User:
    """An admin of all offices."""
    return make_user(session, RoleName.ADMIN, name="Andi")


@pytest.fixture
def lina(session) -> User:
    """Somebody in finance, who is signed in."""
    user = make_user(
        session,
        RoleName.FINANCE,
        office_id=make_office(session).id,
        name="Lina",
        phone="+6281200000001",
    )
    sessions.begin(session, user_id=user.id, client="Chrome", remember=False)
    return user


def change(session, user, admin, **values):
    known = {
        "name": user.name,
        "phone": user.phone or "",
        "email": user.email or "",
        "office_id": user.office_id,
    }
    return change_user(session, user_id=user.id, actor_id=admin.id, **known | values)


def signed_in(session, user) -> int:
    query = select(func.count()).select_from(UserSession).where(UserSession.user_id == user.id)
    return session.scalar(query)


def test_what_changed_is_kept_with_before_and_after_and_by_whom(session, admin, lina):
    change(session, lina, admin, name=" Lina  Sari ", email="Lina@Contoh.id")

    event = about(session, f"user:{lina.id}")[0]

    assert (lina.name, lina.email) == ("Lina Sari", "lina@contoh.id")
    assert (event.action, event.actor_id) == ("user.changed", admin.id)
    assert event.details == {"name": ["Lina", "Lina Sari"], "email": [None, "lina@contoh.id"]}
    assert signed_in(session, lina) == 1


def test_nothing_changed_is_nothing_recorded(session, admin, lina):
    change(session, lina, admin)

    assert about(session, f"user:{lina.id}") == []


def test_another_office_ends_the_sessions(session, admin, lina):
    there = make_office(session)

    change(session, lina, admin, office_id=there.id)

    assert lina.office_id == there.id
    assert signed_in(session, lina) == 0


def test_another_sign_in_makes_admin_and_user_wait_for_decisions_of_two(session, admin, lina):
    change(session, lina, admin, phone="0812-0000-0002")

    reasons = second_person.reasons(session, second_id=lina.id, first_ids=[admin.id])

    assert "Nomor HP atau e-mail Lina diganti oleh Andi" in reasons[admin.id].sentence()


def test_a_sign_in_of_another_user_or_none_at_all_is_refused(session, admin, lina):
    with pytest.raises(accounts.AlreadyRegistered):
        change(session, lina, admin, phone=make_user(session).phone)
    with pytest.raises(Invalid, match="Isi nomor HP atau e-mail"):
        change(session, lina, admin, phone="")


def test_an_office_is_not_taken_from_roles_or_agents_that_need_it(session, admin, lina):
    leader = make_user(session, RoleName.SUPERVISOR, office_id=lina.office_id)
    agent = make_agent(session, office_id=lina.office_id, supervisor_id=leader.id)
    there = make_office(session).id

    with pytest.raises(Invalid, match="Pilih kantor"):
        change(session, lina, admin, office_id=None)
    with pytest.raises(Invalid, match="bekerja sebagai agen"):
        change(session, agent.user, admin, office_id=there)
    with pytest.raises(Invalid, match="masih membina agen kantornya"):
        change(session, leader, admin, office_id=there)
    with pytest.raises(Invalid, match="Minta admin lain"):
        change(session, admin, admin, office_id=there)

    agent.status = AgentStatus.LEFT
    change(session, leader, admin, office_id=there)
    assert leader.office_id == there


def test_a_supervisor_with_agents_keeps_the_role_until_they_have_another_one(session, admin):
    agent = make_agent(session)
    leader = agent.supervisor

    with pytest.raises(Invalid, match="masih membina agen"):
        accounts.change_roles(
            session, user_id=leader.id, roles=[RoleName.FINANCE], actor_id=admin.id
        )
    agent.status = AgentStatus.LEFT
    session.flush()
    accounts.change_roles(session, user_id=leader.id, roles=[RoleName.FINANCE], actor_id=admin.id)

    assert leader.role_names == {RoleName.FINANCE}
