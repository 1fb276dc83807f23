"""The pages of an office's groups, and the filters of lists by ecosystem and group."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.crypto import Vault
from agentsys.people.models import Agent, RoleName, User
from agentsys.workers.group_models import WorkerGroup
from agentsys.workers.kinds import Ecosystem
from tests.factories import make_agent, make_office, make_user, make_worker
from tests.office_factories import make_group


@pytest.fixture
def agent(session: Session) -> Agent:
    """An agent of an office."""
    return make_agent(session)


@pytest.fixture
def clerk(session: Session, agent: Agent) -> User:
    """Somebody of finance in the same office."""
    return make_user(session, RoleName.FINANCE, office_id=agent.office_id)


def _text(answer: Any) -> str:
    return str(answer.get_data(as_text=True))


def test_a_group_is_added_renamed_closed_and_opened_again(
    visit: Any, session: Session, agent: Agent, clerk: User
) -> None:
    visitor = visit(clerk)
    sent = {"name": "Pasar Lama", "kind": "market", "ecosystem": "pasar"}

    added = visitor.submit(
        "/kantor/pekerja/kelompok", office=agent.office_id, **sent, follow_redirects=True
    )
    assert "Kelompok Pasar Lama ditambahkan." in _text(added)
    group = session.scalars(select(WorkerGroup)).one()
    assert (group.office_id, group.created_by) == (agent.office_id, clerk.id)

    here = f"/kantor/pekerja/kelompok/{group.id}"
    visitor.submit(here, name="Pasar Baru", ecosystem="ecommerce")
    assert (group.name, group.ecosystem) == ("Pasar Baru", Ecosystem.ECOMMERCE)
    assert "ditutup" in _text(visitor.submit(f"{here}/tutup", action="close", follow_redirects=1))
    assert group.closed_on is not None
    visitor.submit(f"{here}/tutup", action="open")
    assert group.closed_on is None


def test_a_name_that_is_taken_is_refused_beside_its_field(
    visit: Any, session: Session, agent: Agent, clerk: User
) -> None:
    make_group(session, office_id=agent.office_id, name="Pasar Lama")

    answer = visit(clerk).submit(
        "/kantor/pekerja/kelompok",
        office=agent.office_id,
        name="PASAR LAMA",
        kind="market",
        ecosystem="pasar",
    )

    assert answer.status_code == 422
    assert "sudah ada" in _text(answer)


def test_nobody_changes_another_offices_groups(visit: Any, session: Session, clerk: User) -> None:
    office = make_office(session)
    group = make_group(session, office_id=office.id)
    visitor = visit(clerk)

    assert visitor.get(f"/kantor/pekerja/kelompok/{group.id}").status_code == 404
    assert visitor.submit(f"/kantor/pekerja/kelompok/{group.id}/tutup").status_code == 404
    sent = {"name": "X", "kind": "market", "ecosystem": "pasar"}
    answer = visitor.submit("/kantor/pekerja/kelompok", office=office.id, **sent)
    assert answer.status_code == 422
    assert len(session.scalars(select(WorkerGroup)).all()) == 1


def test_the_offices_list_of_workers_is_filtered_by_ecosystem_and_group(
    visit: Any, session: Session, vault: Vault, agent: Agent, clerk: User
) -> None:
    market, other = (make_group(session, office_id=agent.office_id) for _ in range(2))
    make_worker(
        session, vault, agent=agent, name="Ani", group_id=market.id, ecosystem=Ecosystem.PASAR
    )
    make_worker(
        session, vault, agent=agent, name="Budi", group_id=other.id, ecosystem=Ecosystem.PASAR
    )
    make_worker(session, vault, agent=agent, name="Citra", ecosystem=Ecosystem.RENTAN)
    make_worker(session, vault, agent=agent, name="Dedi")

    def shown(query: str) -> list[str]:
        page = _text(visit(clerk).get(f"/kantor/pekerja/?{query}"))
        return [name for name in ("Ani", "Budi", "Citra", "Dedi") if f">{name}</a>" in page]

    assert shown("") == ["Ani", "Budi", "Citra", "Dedi"]
    assert shown("ecosystem=pasar") == ["Ani", "Budi"]
    assert shown(f"group={market.id}") == ["Ani"]
    assert shown(f"ecosystem=rentan&group={market.id}") == []
    assert shown("ecosystem=hostile&group=x") == ["Ani", "Budi", "Citra", "Dedi"]


def test_an_agents_list_is_filtered_too_and_says_the_right_total(
    visit: Any, session: Session, vault: Vault, agent: Agent
) -> None:
    group = make_group(session, office_id=agent.office_id, name="Pasar Lama")
    for name in ("Ani", "Budi"):
        make_worker(
            session, vault, agent=agent, name=name, group_id=group.id, ecosystem=Ecosystem.PASAR
        )
    make_worker(session, vault, agent=agent, name="Citra")

    for tab in ("all", "todo"):
        page = _text(visit(agent.user).get(f"/hari-ini?tab={tab}&group={group.id}"))
        assert ("Ani" in page, "Budi" in page, "Citra" in page) == (True, True, False)
        assert "1–2 dari 2" in page
        assert re.search(r"<option[^>]*selected[^>]*>\s*Pasar Lama", page)


def test_the_group_of_a_worker_is_changed_with_a_trail_of_names(
    visit: Any, session: Session, vault: Vault, agent: Agent, clerk: User
) -> None:
    old, new = (make_group(session, office_id=agent.office_id, name=n) for n in ("Lama", "Baru"))
    theirs = make_group(session, office_id=make_office(session).id, name="Orang lain")
    worker = make_worker(session, vault, agent=agent, group_id=old.id, ecosystem=Ecosystem.PASAR)
    visitor = visit(clerk)
    here = f"/kantor/pekerja/{worker.id}/data"
    form = _text(visitor.get(here))
    [version] = re.findall(r'name="data-version" value="(\w+)"', form)
    assert f'<option selected value="{old.id}">' in form
    assert f'value="{theirs.id}"' not in form
    sent = {"data-version": version, "data-reason": "Pindah", "data-ecosystem": "pasar"}

    assert visitor.submit(here, **sent, **{"data-group": theirs.id}).status_code == 422
    visitor.submit(here, **sent, **{"data-group": new.id})

    assert (worker.group_id, worker.ecosystem) == (new.id, Ecosystem.PASAR)
    page = _text(visitor.get(f"/kantor/pekerja/{worker.id}"))
    assert "Kelompok: Lama → Baru" in page


def test_a_worker_without_a_group_may_leave_the_ecosystem(
    visit: Any, session: Session, vault: Vault, agent: Agent, clerk: User
) -> None:
    group = make_group(session, office_id=agent.office_id)
    worker = make_worker(session, vault, agent=agent, group_id=group.id, ecosystem=Ecosystem.PASAR)
    visitor = visit(clerk)
    here = f"/kantor/pekerja/{worker.id}/data"
    [version] = re.findall(r'name="data-version" value="(\w+)"', _text(visitor.get(here)))

    answer = visitor.submit(
        here,
        **{
            "data-version": version,
            "data-reason": "Salah",
            "data-group": "",
            "data-ecosystem": "",
        },
    )

    assert answer.status_code == 302
    assert (worker.group_id, worker.ecosystem) == (None, None)
