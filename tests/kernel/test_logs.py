"""Log lines without personal data."""

from __future__ import annotations

import logging

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from agentsys.logs import hide_personal
from tests.factories import make_agent, make_worker

NIK = "6474015203800042"


@pytest.mark.parametrize(
    "value",
    ["NIK 6474011203850001 salah", "hubungi 081234567890", "+6281234567890", 6474011203850001],
)
def test_numbers_of_people_are_blanked(value):
    shown = hide_personal(None, "", {"event": value})["event"]

    assert "•••" in shown
    assert "1234567" not in shown
    assert "12038500" not in shown


def test_personal_numbers_are_found_inside_lists_and_dicts():
    event = {"rows": ["6474011203850001", {"phone": "081234567890"}]}

    assert hide_personal(None, "", event) == {"rows": ["•••", {"phone": "•••"}]}


def test_secrets_are_blanked_by_their_name():
    assert hide_personal(None, "", {"server_key": "SB-Mid", "password": "x"}) == {
        "server_key": "•••",
        "password": "•••",
    }


@pytest.mark.parametrize("place", ["saya", "bayar"])
def test_personal_links_are_blanked_wherever_they_are(place):
    text = f"GET https://x.example/{place}/Ab_-3fWq9Lk/keadaan?x=1 and /{place}/Ab_-3fWq9Lk."

    shown = hide_personal(None, "", {"path": f"/{place}/Ab_-3fWq9Lk", "event": text})

    assert "3fWq" not in str(shown)
    assert shown["path"] == f"/{place}/•••"
    assert "/keadaan?x=1 and" in shown["event"]


def test_references_and_amounts_stay_readable():
    event = {"reference": "AG-7F3K2", "amount_idr": 1_753_012_800, "ms": 1.5, "ok": True}

    assert hide_personal(None, "", event) == event


def test_an_error_of_the_database_is_logged_without_the_row_that_it_quotes(session, vault, logged):
    agent = make_agent(session)
    session.execute(text("ALTER TABLE workers ADD CONSTRAINT nobody CHECK (name <> 'Siti Elok')"))
    somebody = {"name": "Siti Elok", "address": "Gang Melati 3", "nik": NIK}
    savepoint = session.begin_nested()

    try:
        make_worker(session, vault, agent=agent, **somebody)
    except DBAPIError:
        logging.getLogger("agentsys.workers").exception("worker %s stopped", 7)
    savepoint.rollback()

    lines = logged()
    assert "worker 7 stopped" in lines
    assert 'violates check constraint "nobody"' in lines
    assert "INSERT INTO workers" in lines
    for secret in ("Elok", "Melati", NIK, NIK[-4:]):
        assert secret not in lines
