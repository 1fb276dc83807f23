"""The office's table of agents by kelurahan, and workers without an agent who get one by it."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.contributions import billing
from agentsys.contributions.models import Contribution
from agentsys.crypto import Vault
from agentsys.errors import Forbidden, Invalid, NotFound
from agentsys.handovers import by_kelurahan, kelurahan_queries
from agentsys.people.models import Agent, AgentStatus, RoleName, User
from agentsys.workers.kelurahan import agents_of
from agentsys.workers.models import Assignment, Worker
from tests.factories import make_agent, make_office, make_user, make_worker

NOVEMBER = date(2026, 11, 1)


@pytest.fixture
def agent(session: Session) -> Agent:
    """An agent of an office."""
    return make_agent(session)


@pytest.fixture
def admin(session: Session, agent: Agent) -> User:
    """The admin of the agent's office."""
    return make_user(session, RoleName.ADMIN, office_id=agent.office_id)


def put(session: Session, agent: Agent, actor: User, *names: str) -> int:
    return by_kelurahan.set_agent(
        session,
        office_id=agent.office_id,
        kelurahan=names,
        agent_id=agent.id,
        actor_id=actor.id,
    )


def alone(session: Session, vault: Vault, agent: Agent, kelurahan: str, **values: object) -> Worker:
    """A worker of the agent's office, without an agent."""
    return make_worker(
        session, vault, office_id=agent.office_id, kelurahan=kelurahan, **values  # type: ignore[arg-type]
    )  # fmt: skip


def assign(session: Session, agent: Agent, actor: User) -> int:
    given = by_kelurahan.assign_missing(session, office_id=agent.office_id, actor_id=actor.id)
    return given.workers


def test_names_are_the_same_whatever_their_capitals_and_blanks(
    session: Session, agent: Agent, admin: User
) -> None:
    other = make_agent(session, office_id=agent.office_id)
    put(session, agent, admin, "Tanjung Laut")

    put(session, other, admin, "TANJUNG  LAUT ", "tanjunglaut")

    assert agents_of(session, agent.office_id) == {"tanjunglaut": other.id}


def test_workers_without_an_agent_get_that_of_their_kelurahan_from_this_month_on(
    session: Session, vault: Vault, agent: Agent, admin: User
) -> None:
    put(session, agent, admin, "Tanjung Laut")
    theirs = [alone(session, vault, agent, name) for name in ("tanjung laut", "TANJUNG LAUT")]
    elsewhere = alone(session, vault, agent, "Loktuan")

    assert assign(session, agent, admin) == 2

    assert [worker.agent_id for worker in theirs] == [agent.id, agent.id]
    assert elsewhere.agent_id is None
    rows = session.execute(
        select(Assignment.agent_id, Assignment.from_month, Assignment.until_month)
    ).all()
    assert rows == [(agent.id, clock.this_month(), None)] * 2
    assert assign(session, agent, admin) == 0


def test_their_open_months_go_to_the_agent_too(
    session: Session, vault: Vault, agent: Agent, admin: User
) -> None:
    worker = alone(session, vault, agent, "Loktuan")
    billing.ensure_billed(session, worker_id=worker.id, months=[clock.this_month()])
    put(session, agent, admin, "Loktuan")

    assign(session, agent, admin)

    assert session.scalars(select(Contribution.agent_id)).all() == [agent.id]


def test_who_has_an_agent_already_stays_there(
    session: Session, vault: Vault, agent: Agent, admin: User
) -> None:
    other = make_agent(session, office_id=agent.office_id)
    worker = make_worker(session, vault, agent=other, kelurahan="Loktuan")
    put(session, agent, admin, "Loktuan")

    assert assign(session, agent, admin) == 0
    assert worker.agent_id == other.id


@pytest.mark.parametrize("status", [AgentStatus.SUSPENDED, AgentStatus.LEFT])
def test_an_inactive_agent_gets_nobody(
    session: Session, vault: Vault, agent: Agent, admin: User, status: AgentStatus
) -> None:
    put(session, agent, admin, "Loktuan")
    worker = alone(session, vault, agent, "Loktuan")
    agent.status = status
    session.flush()

    assert assign(session, agent, admin) == 0
    assert worker.agent_id is None
    with pytest.raises(Invalid, match="tidak aktif"):
        put(session, agent, admin, "Guntung")


def test_merged_and_erased_records_get_no_agent(
    session: Session, vault: Vault, agent: Agent, admin: User
) -> None:
    put(session, agent, admin, "Loktuan")
    kept = alone(session, vault, agent, "Guntung")
    merged = alone(session, vault, agent, "Loktuan")
    erased = alone(session, vault, agent, "Loktuan")
    merged.merged_into, erased.erased_at = kept.id, clock.now()
    session.flush()

    assert assign(session, agent, admin) == 0


def test_a_supervisor_gives_free_kelurahan_to_the_own_team_and_takes_none_of_another(
    session: Session, agent: Agent, admin: User
) -> None:
    mate = make_agent(session, office_id=agent.office_id, supervisor_id=agent.supervisor_id)
    other = make_agent(session, office_id=agent.office_id)
    leader = session.get_one(User, agent.supervisor_id)
    put(session, other, admin, "Loktuan")

    assert put(session, agent, leader, "Guntung", "Belimbing") == 2
    assert put(session, mate, leader, "Guntung") == 1
    with pytest.raises(NotFound):
        put(session, other, leader, "Guntung")
    with pytest.raises(Forbidden, match="Loktuan dipegang agen tim lain"):
        put(session, agent, leader, "loktuan")
    with pytest.raises(Forbidden):
        by_kelurahan.remove(
            session, office_id=agent.office_id, kelurahan=["Loktuan"], actor_id=leader.id
        )
    assert agents_of(session, agent.office_id) == {
        "loktuan": other.id, "guntung": mate.id, "belimbing": agent.id,
    }  # fmt: skip


def test_a_supervisor_gives_workers_to_the_own_team_only(
    session: Session, vault: Vault, agent: Agent, admin: User
) -> None:
    other = make_agent(session, office_id=agent.office_id)
    put(session, agent, admin, "Guntung")
    put(session, other, admin, "Loktuan")
    for kelurahan in ("Guntung", "Loktuan"):
        alone(session, vault, agent, kelurahan)

    assert assign(session, agent, session.get_one(User, agent.supervisor_id)) == 1
    assert assign(session, agent, admin) == 1


def test_nobody_gives_workers_to_himself(
    session: Session, vault: Vault, agent: Agent, admin: User
) -> None:
    put(session, agent, admin, "Loktuan")
    agent.user_id = admin.id
    worker = alone(session, vault, agent, "Loktuan")
    session.flush()

    assert assign(session, agent, admin) == 0
    assert worker.agent_id is None


@pytest.mark.parametrize("role", [RoleName.AGENT, RoleName.FINANCE, RoleName.AUDITOR])
def test_other_roles_change_nothing(
    session: Session, agent: Agent, admin: User, role: RoleName
) -> None:
    user = make_user(session, role, office_id=agent.office_id)

    with pytest.raises(Forbidden):
        put(session, agent, user, "Loktuan")
    with pytest.raises(Forbidden):
        assign(session, agent, user)


def test_another_offices_table_is_not_there(session: Session, agent: Agent) -> None:
    stranger = make_user(session, RoleName.ADMIN, office_id=make_office(session).id)

    with pytest.raises(NotFound):
        put(session, agent, stranger, "Loktuan")
    with pytest.raises(NotFound):
        assign(session, agent, stranger)


@pytest.mark.parametrize("names", [[], ["  "], ["x" * 81]])
def test_bad_names_are_refused(
    session: Session, agent: Agent, admin: User, names: list[str]
) -> None:
    with pytest.raises(Invalid):
        put(session, agent, admin, *names)


def test_the_table_shows_where_workers_have_no_agent_first(
    session: Session, vault: Vault, agent: Agent, admin: User
) -> None:
    put(session, agent, admin, "Belimbing", "Loktuan")
    for kelurahan in ("loktuan", "LOKTUAN", "Guntung", ""):
        alone(session, vault, agent, kelurahan)

    rows, more = kelurahan_queries.table(session, admin, agent.office_id)

    assert [(row.kelurahan, row.without, row.agent_id) for row in rows] == [
        ("Loktuan", 2, agent.id),
        ("Guntung", 1, None),
        ("Belimbing", 0, agent.id),
    ]
    assert more == 0
    assert kelurahan_queries.nowhere(session, agent.office_id) == 1


def test_removing_a_kelurahan_moves_nobody(
    session: Session, vault: Vault, agent: Agent, admin: User
) -> None:
    put(session, agent, admin, "Loktuan")
    worker = alone(session, vault, agent, "Loktuan")
    assign(session, agent, admin)

    removed = by_kelurahan.remove(
        session, office_id=agent.office_id, kelurahan=["LOK TUAN", "Guntung"], actor_id=admin.id
    )

    assert removed == 1
    assert agents_of(session, agent.office_id) == {}
    assert worker.agent_id == agent.id
    assert session.scalar(select(func.count()).select_from(Assignment)) == 1
