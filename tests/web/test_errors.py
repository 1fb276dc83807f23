"""Answers and log lines for wrong requests and internal errors."""

from __future__ import annotations

import io
import re

import pytest
from sqlalchemy import select, text

from agentsys.web.rsgi import REFUSED
from agentsys.workers.models import Worker
from tests.factories import make_agent
from tests.web.agent.due_workers import enrol_form
from tests.web.hostile_values import filled, read

SENTENCE = "karakter yang tidak dapat disimpan"


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
    supervisor = visit(agent.supervisor)

    answer = supervisor.submit("/pembina/daftar", file=(io.BytesIO(b"NIK;NAMA"), "daftar\0.csv"))

    assert answer.status_code == 400


def test_a_stranger_with_a_nul_is_answered_alike(client):
    assert client.get("/kuitansi/%00").status_code == 400
    assert client.submit("/masuk", email="a\0", password="b").status_code == 400


@pytest.mark.parametrize(
    ("status", "sentence"), [(413, "Bagi berkas menjadi"), (503, "Coba lagi satu menit lagi")]
)
def test_what_the_server_refused_is_answered_by_a_page_and_done_by_nobody(
    session, visit, status, sentence
):
    phone = visit(make_agent(session).user)

    answer = phone.post("/daftarkan", data=enrol_form(), environ_overrides={REFUSED: status})

    page = answer.get_data(as_text=True)
    nonce = re.search(r'nonce="([\w-]{20,})"', page)
    assert answer.status_code == status
    assert sentence in page
    assert nonce
    assert f"'nonce-{nonce[1]}'" in answer.headers["Content-Security-Policy"]
    assert session.scalars(select(Worker)).all() == []


def test_a_form_that_is_too_old_is_sent_on_once_somebody_says_so(session, visit):
    phone = visit(make_agent(session).user)
    form = enrol_form(name="Siti Elok") | {"consent": "y", "attestation": "y"}

    stale = phone.post("/daftarkan", data=form | {"csrf_token": "dari kemarin"})
    kept = read(stale.get_data(as_text=True), "/daftarkan").forms[0]
    nobody_yet = session.scalars(select(Worker)).all()
    sent_on = phone.post(kept.action, data=filled(kept))

    assert stale.status_code == 400
    assert {name: values[-1] for name, values in filled(kept).items()}.items() >= form.items()
    assert "Anda masuk sebagai" in stale.get_data(as_text=True)
    assert nobody_yet == []
    assert sent_on.status_code == 302
    assert session.scalars(select(Worker.name)).all() == ["Siti Elok"]


def test_a_form_of_a_thousand_fields_and_more_is_not_shown_again(session, visit):
    phone = visit(make_agent(session).user)

    answer = phone.post("/daftarkan", data={f"f{number}": "" for number in range(1_001)})

    assert answer.status_code == 400
    assert "f1000" not in answer.text


def test_who_was_signed_out_meanwhile_is_told_how_nothing_is_lost(client):
    answer = client.post("/daftarkan", data=enrol_form())

    page = answer.get_data(as_text=True)
    assert answer.status_code == 400
    assert "Masuk di tab baru" in page
    assert "Siti" not in page


@pytest.mark.parametrize("path", ["/akun/sandi", "/masuk"])
def test_a_password_is_never_sent_on(session, visit, path):
    phone = visit(make_agent(session).user)

    answer = phone.post(path, data={"new": "sangat rahasia", "password": "sangat rahasia"})

    assert answer.status_code == 400
    assert "rahasia" not in answer.get_data(as_text=True)


@pytest.mark.parametrize("path", ["/jawaban-bpjs", "/jawaban-bpjs?a=b"])
def test_the_slash_that_is_added_leads_to_no_host_that_the_client_names(session, visit, path):
    supervisor = visit(make_agent(session).supervisor)

    answer = supervisor.get(path, headers={"Host": "jahat.example"})

    assert answer.status_code == 308
    assert answer.location == path.replace("/jawaban-bpjs", "/jawaban-bpjs/")


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


@pytest.fixture
def away(session, visit, make_app):
    """A signed-in agent, whose requests go to a web process that reaches no database."""
    known = visit(make_agent(session).user)
    nowhere = "postgresql+psycopg://agentsys@127.0.0.1:1/agentsys"
    unlucky = make_app(
        settings={"database_url": nowhere},
        flask_config={"PROPAGATE_EXCEPTIONS": False},
    ).test_client()
    cookie = known.get_cookie("agentsys")
    unlucky.set_cookie("agentsys", cookie.value)
    return unlucky


@pytest.mark.parametrize("path", ["/hari-ini", "/tidak-ada", "/"])
def test_a_signed_in_person_is_told_to_wait_when_the_database_is_away(away, path):
    answer = away.get(path)

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "10"
    assert "Data yang sudah tersimpan tetap aman" in answer.get_data(as_text=True)


def test_a_form_of_a_signed_in_person_is_told_the_same(away):
    answer = away.post("/setoran", data={"key": "a", "counted": "1"})

    assert answer.status_code == 503
