"""A worker whose membership is closed tonight: the page and what it offers agree."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
import time_machine
from sqlalchemy import text
from sqlalchemy.orm import Session

from agentsys.crypto import Vault
from agentsys.people.models import User
from agentsys.workers.models import Worker
from tests.factories import make_agent, make_contribution, make_worker

_CONFIRM = text("""
UPDATE contributions SET payment_id = 1, remittance_id = 1, confirmed_at = :at
WHERE worker_id = :worker_id AND month = :month
""")


@pytest.fixture(autouse=True)
def november():
    """It is 22 November 2026 in Bontang, whatever day the tests run on."""
    with time_machine.travel(datetime(2026, 11, 22, 3, 0, tzinfo=UTC)):
        yield


@pytest.fixture
def worker(session: Session, vault: Vault) -> Worker:
    """A member whom BPJS confirmed for June, and who owes the five months after it."""
    found = make_worker(session, vault, agent=make_agent(session), enrolled_from=date(2026, 6, 1))
    for month in range(6, 12):
        make_contribution(session, found, date(2026, month, 1))
    june = {"worker_id": found.id, "month": date(2026, 6, 1), "at": datetime.now(UTC)}
    session.execute(_CONFIRM, june)
    return found


@pytest.fixture
def agent(session: Session, worker: Worker) -> User:
    """The worker's agent."""
    assert worker.agent is not None
    return session.get_one(User, worker.agent.user_id)


@pytest.mark.made_up_books
def test_the_page_says_that_it_closes_tonight_and_offers_no_collecting(
    visit, worker: Worker, agent: User
) -> None:
    page = visit(agent).get(f"/pekerja/{worker.id}").get_data(as_text=True)

    assert "Kepesertaan ditutup malam ini: jangan menagih lagi" in page
    assert f"/tagih/{worker.id}" not in page
    assert "Buat tautan bayar" not in page


@pytest.mark.made_up_books
def test_the_list_says_so_too_and_offers_no_collecting(visit, worker: Worker, agent: User) -> None:
    page = visit(agent).get("/hari-ini?tab=todo").get_data(as_text=True)

    assert "Ditutup malam ini, jangan ditagih" in page
    assert f"/pekerja/{worker.id}" in page
    assert f"/tagih/{worker.id}" not in page


@pytest.mark.made_up_books
def test_the_form_to_collect_leads_back_and_says_why(visit, worker: Worker, agent: User) -> None:
    answer = visit(agent).get(f"/tagih/{worker.id}", follow_redirects=True)

    assert "ditutup malam ini, jadi tidak ditagih lagi" in answer.get_data(as_text=True)


@pytest.mark.made_up_books
def test_with_money_on_its_way_it_does_not_close_and_can_be_collected(
    session: Session, visit, worker: Worker, agent: User
) -> None:
    paid = "UPDATE contributions SET payment_id = 2 WHERE worker_id = :id AND month = '2026-08-01'"
    session.execute(text(paid), {"id": worker.id})

    page = visit(agent).get(f"/pekerja/{worker.id}").get_data(as_text=True)

    assert "ditutup malam ini" not in page
    assert f"/tagih/{worker.id}" in page


@pytest.mark.made_up_books
def test_the_page_shows_the_words_to_which_the_worker_agreed(
    session: Session, visit, worker: Worker, agent: User
) -> None:
    worker.consent_text, worker.consent_at = "2026-11", datetime.now(UTC)
    session.flush()

    page = visit(agent).get(f"/pekerja/{worker.id}").get_data(as_text=True)

    assert "naskah versi 2026-11" in page
    assert "Saya setuju data saya dicatat dan dipakai untuk kepesertaan" in page
