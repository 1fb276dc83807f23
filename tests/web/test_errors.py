"""What is answered and logged when something is wrong with a request, or with us."""

from __future__ import annotations

import io

import pytest
from sqlalchemy import text

from tests.factories import make_agent
from tests.web.test_agent_pages import enrol_form

SENTENCE = "tanda yang tidak dapat disimpan"


@pytest.mark.parametrize("path", ["/kuitansi/%00", "/hari-ini?q=%00", "/hari-ini?%00=a"])
def test_a_nul_in_an_address_is_refused_with_a_sentence(session, visit, path):
    answer = visit(make_agent(session).user).get(path)

    assert answer.status_code == 400
    assert SENTENCE in answer.get_data(as_text=True)


@pytest.mark.parametrize("field", ["address", "na\0me"])
def test_a_nul_in_a_form_is_refused_with_a_sentence(session, visit, field):
    phone = visit(make_agent(session).user)

    answer = phone.submit("/daftarkan", **enrol_form(**{field: "Gang\0Melati"}))

    assert answer.status_code == 400
    assert SENTENCE in answer.get_data(as_text=True)


def test_a_nul_in_a_file_name_is_refused_with_a_sentence(session, visit):
    agent = make_agent(session)
    desk = visit(agent.supervisor)

    answer = desk.submit("/pembina/daftar", file=(io.BytesIO(b"NIK;NAMA"), "daftar\0.csv"))

    assert answer.status_code == 400


def test_a_stranger_with_a_nul_is_answered_alike(client):
    assert client.get("/kuitansi/%00").status_code == 400
    assert client.submit("/masuk", email="a\0", password="b").status_code == 400


def test_a_bug_is_logged_without_the_people_whom_it_met(session, visit, logged):
    phone = visit(make_agent(session).user)
    session.execute(text("ALTER TABLE workers ADD CONSTRAINT nobody CHECK (name <> 'Siti Elok')"))
    form = enrol_form(name="Siti Elok")

    answer = phone.submit("/daftarkan", **form)

    lines = logged()
    assert answer.status_code == 500
    assert '"nobody"' in lines
    for secret in ("Elok", "Melati", "Muara", form["nik"], "81234567890"):
        assert secret not in lines
