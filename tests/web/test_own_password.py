"""Changing one's own password, and having to."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from agentsys import clock
from agentsys.people.models import RoleName
from tests.factories import PASSWORD, make_user

PAGE = "/akun/sandi"
NEW = "kucing makan awan"


def form(**changed: str) -> dict[str, str]:
    return {"old": PASSWORD, "new": NEW, "again": NEW} | changed


@pytest.mark.parametrize("role", list(RoleName))
def test_a_new_password_ends_the_other_sessions_and_keeps_this_one(session, visit, client, role):
    user = make_user(session, role)
    here, elsewhere = visit(user), visit(user)

    answer = here.submit(PAGE, **form())

    assert answer.location == "/akun"
    assert "Kata sandi sudah diganti" in here.get("/akun").get_data(as_text=True)
    assert elsewhere.get("/akun").status_code == 302
    assert client.sign_in(user, PASSWORD).status_code == 200
    assert client.sign_in(user, NEW).status_code == 302


def test_a_remembered_phone_stays_remembered(session, client):
    user = make_user(session, RoleName.AGENT)
    client.submit("/masuk", email=user.phone, password=PASSWORD, remember="y")

    client.submit(PAGE, **form())
    client.delete_cookie("agentsys")

    assert client.get("/akun").status_code == 200


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"old": ""}, "Wajib diisi."),
        ({"old": "bukan-ini-sandinya"}, "Kata sandi sekarang salah."),
        ({"old": "x" * 10_000}, "Kata sandi sekarang salah."),
        ({"new": "pendek", "again": "pendek"}, "minimal 15 karakter"),
        ({"again": "kucing makan awam"}, "Belum sama dengan kata sandi baru."),
        ({"new": "bpjs bpjs bpjs bpjs", "again": "bpjs bpjs bpjs bpjs"}, "mudah ditebak"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_changes(
    session: Any, visit: Any, changed: dict[str, str], sentence: str
) -> None:
    user = make_user(session)
    visitor = visit(user)

    answer = visitor.submit(PAGE, **form(**changed))

    assert answer.status_code == 422
    assert sentence in answer.get_data(as_text=True)
    assert user.password == PASSWORD
    assert visitor.get("/akun").status_code == 200


def test_guessing_the_present_password_locks_like_guessing_at_sign_in(session, visit):
    user = make_user(session)
    visitor = visit(user)

    for _ in range(5):
        visitor.submit(PAGE, **form(old="bukan-ini-sandinya"))
    locked = visitor.submit(PAGE, **form())

    assert "Tunggu 15 menit" in locked.get_data(as_text=True)
    assert user.password == PASSWORD
    user.locked_until = clock.now() - timedelta(seconds=1)
    assert visitor.submit(PAGE, **form()).status_code == 302


def test_who_has_a_password_from_an_admin_makes_an_own_one_first(session, visit):
    user = make_user(session, RoleName.FINANCE, must_change_password=True)
    visitor = visit(user)

    first = visitor.get("/keuangan/setoran-agen")
    page = visitor.get(first.location).get_data(as_text=True)
    language = visitor.submit("/bahasa", lang="en", next=PAGE)
    changed = visitor.submit(PAGE, new=NEW, again=NEW)

    assert first.location == language.location == PAGE
    assert 'name="old"' not in page
    assert 'action="/keluar"' in page
    assert changed.location == "/"
    assert not user.must_change_password
    assert visitor.get("/keuangan/setoran-agen").status_code == 200


def test_signing_out_is_open_before_the_password_is_changed(session, visit):
    visitor = visit(make_user(session, must_change_password=True))

    assert visitor.submit("/keluar").location == "/masuk"
    assert "/masuk" in visitor.get(PAGE).location
