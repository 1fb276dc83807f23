"""The search in the head of every page, and its own page."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from agentsys.crypto import Vault
from agentsys.people.models import RoleName, User
from agentsys.search import nik_searches
from agentsys.workers.models import Worker
from tests.factories import invented_nik, make_agent, make_office, make_user, make_worker

NIK = invented_nik(4321)


@pytest.fixture
def worker(session: Session, vault: Vault) -> Worker:
    """A worker of an agent."""
    return make_worker(
        session, vault, agent=make_agent(session), name="Siti Rahmawati", nik=NIK, kpj="21012345678"
    )


@pytest.fixture
def agent(session: Session, worker: Worker) -> User:
    """The worker's agent."""
    assert worker.agent is not None
    return session.get_one(User, worker.agent.user_id)


def test_every_page_has_the_search(visit, agent: User) -> None:
    page = visit(agent).get("/hari-ini").get_data(as_text=True)

    assert 'data-find="/cari/saran"' in page
    assert 'aria-keyshortcuts="/"' in page


def test_a_name_goes_into_the_address_and_finds(visit, worker: Worker, agent: User) -> None:
    answer = visit(agent).submit("/cari/", q="rahmawati")

    assert answer.headers["Location"] == "/cari/?q=rahmawati"
    page = visit(agent).get("/cari/?q=rahmawati").get_data(as_text=True)
    assert f'href="/pekerja/{worker.id}"' in page


def test_a_number_of_one_worker_opens_the_page_that_the_user_may_read(
    session: Session, visit, worker: Worker, agent: User
) -> None:
    clerk = make_user(session, RoleName.FINANCE, office_id=worker.office_id)

    assert visit(agent).submit("/cari/", q="21012345678").headers["Location"] == (
        f"/pekerja/{worker.id}"
    )
    assert visit(clerk).submit("/cari/", q="2101 2345 678").headers["Location"] == (
        f"/kantor/pekerja/{worker.id}"
    )


def test_a_number_is_never_read_from_the_address(visit, worker: Worker, agent: User) -> None:
    assert visit(agent).get(f"/cari/?q={NIK}").headers["Location"] == "/cari/"


def test_a_worker_of_others_and_nobody_get_the_same_answer(
    session: Session, visit, worker: Worker
) -> None:
    stranger = make_user(session, RoleName.FINANCE, office_id=make_office(session).id)
    answers = [visit(stranger).submit("/cari/", q=nik) for nik in (NIK, invented_nik(9))]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert all("Tidak ditemukan" in answer.get_data(as_text=True) for answer in answers)


def test_an_agent_who_tries_out_niks_is_stopped(
    monkeypatch: pytest.MonkeyPatch, visit, worker: Worker, agent: User
) -> None:
    monkeypatch.setattr(nik_searches, "MOST_BY_AGENT", 1)
    visit(agent).submit("/cari/", q=invented_nik(8))

    answer = visit(agent).submit("/cari/", q=NIK)

    assert answer.status_code == 429
    assert "Terlalu banyak pencarian NIK" in answer.get_data(as_text=True)


def test_suggestions_lead_to_pages_and_say_when_to_press_enter(
    visit, worker: Worker, agent: User
) -> None:
    page = visit(agent).submit("/cari/saran", q="siti").get_data(as_text=True)
    assert f'data-url="/pekerja/{worker.id}"' in page

    page = visit(agent).submit("/cari/saran", q=NIK).get_data(as_text=True)
    assert "Tekan Enter" in page
    assert NIK not in page
