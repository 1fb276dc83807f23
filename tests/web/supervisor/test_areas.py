"""The page with the agents of an office by kelurahan, and lists that use it."""

from __future__ import annotations

import io
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit.models import AuditEvent
from agentsys.crypto import Vault
from agentsys.people.models import Agent, RoleName, User
from agentsys.workers.kelurahan import agents_of
from agentsys.workers.models import Roster, RosterStatus
from tests.factories import make_agent, make_office, make_user, make_worker
from tests.rosters.conftest import person, sheet

PAGE = "/pembina/tim/kelurahan"


@pytest.fixture
def agent(session: Session) -> Agent:
    """An agent of an office."""
    return make_agent(session)


@pytest.fixture
def admin(session: Session, agent: Agent) -> User:
    """The admin of the agent's office."""
    return make_user(session, RoleName.ADMIN, office_id=agent.office_id)


def text(answer: Any) -> str:
    return " ".join(answer.get_data(as_text=True).split())


def save(client: Any, agent: Agent, /, **fields: object) -> Any:
    values = {"office": agent.office_id, "agent": agent.id, "action": "set"} | fields
    return client.submit(f"{PAGE}/simpan", **values)


def test_an_admin_gives_ticked_and_typed_kelurahan_to_an_agent(
    session: Session, vault: Vault, agent: Agent, admin: User, visit: Any
) -> None:
    make_worker(session, vault, office_id=agent.office_id, kelurahan="Loktuan")
    client = visit(admin)
    assert "Loktuan" in text(client.get(PAGE))

    answer = save(client, agent, pick=["Loktuan"], kelurahan="Guntung, Belimbing")

    assert answer.status_code == 302
    assert agents_of(session, agent.office_id) == {
        "loktuan": agent.id, "guntung": agent.id, "belimbing": agent.id,
    }  # fmt: skip
    page = text(client.get(PAGE))
    assert agent.name in page
    assert "1 pekerja tanpa agen tinggal di kelurahan yang punya agen" in page
    [event] = session.scalars(select(AuditEvent).where(AuditEvent.action == "kelurahan.set"))
    assert event.details["names"] == ["Belimbing", "Guntung", "Loktuan"]


def test_workers_without_an_agent_get_one_by_a_button(
    session: Session, vault: Vault, agent: Agent, admin: User, visit: Any
) -> None:
    worker = make_worker(session, vault, office_id=agent.office_id, kelurahan="Loktuan")
    client = visit(admin)
    save(client, agent, kelurahan="loktuan")

    for said in ("1 pekerja mendapat agen", "Tidak ada pekerja tanpa agen"):
        answer = client.submit(f"{PAGE}/tetapkan", office=agent.office_id)
        assert said in text(client.get(answer.location))

    session.expire_all()
    assert worker.agent_id == agent.id


def test_kelurahan_are_taken_out_without_choosing_an_agent(
    session: Session, agent: Agent, admin: User, visit: Any
) -> None:
    client = visit(admin)
    save(client, agent, kelurahan="Loktuan")

    answer = save(client, agent, pick="Loktuan", agent="", action="remove")

    assert answer.status_code == 302
    assert agents_of(session, agent.office_id) == {}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"kelurahan": ""}, "Pilih atau tulis kelurahannya"),
        ({"kelurahan": "x" * 81}, "Paling banyak 80 huruf"),
        ({"kelurahan": "Loktuan", "agent": "0"}, "Pilih"),
        ({"kelurahan": "Loktuan", "agent": "x"}, "Pilih"),
    ],
)
def test_bad_input_is_said_and_stores_nothing(
    session: Session, agent: Agent, admin: User, visit: Any, fields: dict[str, str], said: str
) -> None:
    answer = save(visit(admin), agent, **fields)

    assert answer.status_code == 422
    assert said in text(answer)
    assert agents_of(session, agent.office_id) == {}


@pytest.mark.parametrize(
    ("role", "reads", "writes"),
    [
        (RoleName.AGENT, 403, 403),
        (RoleName.SUPERVISOR, 200, 302),
        (RoleName.FINANCE, 403, 403),
        (RoleName.ADMIN, 200, 302),
        (RoleName.AUDITOR, 200, 403),
    ],
)
def test_each_role_reads_and_writes_what_it_may(
    session: Session, agent: Agent, visit: Any, role: RoleName, reads: int, writes: int
) -> None:
    user = make_user(session, role, office_id=agent.office_id)
    agent.supervisor_id = user.id if role is RoleName.SUPERVISOR else agent.supervisor_id
    session.flush()
    client = visit(user)

    assert client.get(PAGE).status_code == reads
    assert save(client, agent, kelurahan="Loktuan").status_code == writes
    answer = client.submit(f"{PAGE}/tetapkan", office=agent.office_id)
    assert answer.status_code == writes


def test_another_offices_table_is_not_found(session: Session, agent: Agent, visit: Any) -> None:
    stranger = visit(make_user(session, RoleName.ADMIN, office_id=make_office(session).id))

    assert stranger.get(f"{PAGE}?kantor={agent.office_id}").status_code == 404
    assert save(stranger, agent, kelurahan="Loktuan").status_code == 404
    for odd in ("x", "-1", "9" * 30):
        assert stranger.get(f"{PAGE}?kantor={odd}").status_code == 404


def test_a_list_is_uploaded_with_agents_by_kelurahan(
    session: Session, agent: Agent, admin: User, visit: Any
) -> None:
    client = visit(admin)
    assert "Menurut kelurahan" in text(client.get("/pembina/daftar"))

    answer = client.submit(
        "/pembina/daftar",
        file=(io.BytesIO(sheet(person(1))), "daftar.xlsx"),
        agent=-1,
        programmes="JKK+JKM",
        funding="apbd",
        from_month=f"{clock.this_month():%Y-%m}",
    )

    assert answer.status_code == 302
    roster = session.scalars(select(Roster)).one()
    assert (roster.agent_id, roster.by_kelurahan) == (None, True)
    assert "Menurut kelurahan" in text(client.get(answer.location))


def test_a_supervisor_sends_no_list_without_an_agent(
    session: Session, agent: Agent, visit: Any
) -> None:
    answer = visit(agent.supervisor).submit(
        "/pembina/daftar",
        file=(io.BytesIO(sheet(person(1))), "daftar.xlsx"),
        agent=-1,
        programmes="JKK+JKM",
        funding="apbd",
        from_month=f"{clock.this_month():%Y-%m}",
    )

    assert answer.status_code == 422
    assert session.scalars(select(Roster)).all() == []


def test_the_page_of_an_imported_list_names_its_kelurahan_and_gives_agents(
    session: Session, vault: Vault, agent: Agent, admin: User, visit: Any
) -> None:
    worker = make_worker(session, vault, office_id=agent.office_id, kelurahan="Loktuan")
    roster = Roster(
        office_id=agent.office_id, filename="daftar.xlsx", sha256=b"x", programmes="JKK+JKM",
        funding="apbd", from_month=clock.this_month(), status=RosterStatus.DONE,
        finished_at=clock.now(), workers_after=worker.id - 1, workers_until=worker.id,
    )  # fmt: skip
    session.add(roster)
    session.flush()
    worker.roster_id = roster.id
    session.flush()
    client = visit(admin)
    save(client, agent, kelurahan="Loktuan")
    page = f"/pembina/daftar/{roster.id}"
    assert "1 pekerja baru dari daftar ini belum punya agen" in text(client.get(page))

    client.submit(f"{page}/agen")

    assert "belum punya agen" not in text(client.get(page))
    session.expire_all()
    assert worker.agent_id == agent.id
