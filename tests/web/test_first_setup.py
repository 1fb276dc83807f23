"""The page on which an empty system is set up."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agentsys.people import first_setup, signing_in
from agentsys.people.models import Office, User
from tests.factories import make_user

PAGE, NEXT = "/mulai", "/mulai/kantor"
WORD = "gajah makan bambu kuning"
FORM = {
    "office_code": "kota",
    "office_name": "Kantor Kota",
    "city": "Kota Contoh",
    "zone": "Asia/Makassar",
    "name": "Andi",
    "phone": "0812-0000-0001",
    "email": "",
    "password": WORD,
    "again": WORD,
}


def count(session: Session, model: Any) -> int:
    return session.scalar(select(func.count()).select_from(model)) or 0


def text(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.get_data(as_text=True))


def test_an_empty_system_leads_to_its_first_office_and_a_signed_in_admin(
    session: Session, client: Any
) -> None:
    code = first_setup.make_code(session)

    assert client.get("/").location == PAGE
    assert "Kode dari terminal" in text(client.get(PAGE))
    assert client.submit(PAGE, code=f" {code} ").location == NEXT
    assert "Kantor dan admin pertama" in text(client.get(NEXT))
    done = client.submit(NEXT, **FORM)

    assert done.location == "/admin/pengguna"
    page = text(client.get(done.location))
    assert "Kantor dan akun Anda siap" in page
    assert "Kantor Kota" in page
    assert client.get(PAGE).status_code == client.get(NEXT).status_code == 404
    assert client.submit(NEXT, **FORM).status_code == 404


def test_without_the_code_nothing_can_be_done(session: Session, client: Any) -> None:
    first_setup.make_code(session)

    assert client.submit(PAGE, code="abcd-abcd-abcd-abcd").status_code == 422
    assert client.get(NEXT).location == PAGE
    assert client.submit(NEXT, **FORM).location == PAGE
    assert count(session, User) == count(session, Office) == 0


def test_wrong_codes_count_like_wrong_passwords_of_the_address(
    session: Session, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = first_setup.make_code(session)
    monkeypatch.setattr(signing_in, "WRONG_OF_AN_ADDRESS", 3)

    answers = [client.submit(PAGE, code=f"salah {n}").status_code for n in range(4)]

    assert answers == [422, 422, 422, 429]
    assert client.submit(PAGE, code=code).status_code == 429


def test_what_is_wrong_is_said_and_what_was_typed_stays(session: Session, client: Any) -> None:
    client.submit(PAGE, code=first_setup.make_code(session))

    for changed, sentence in (
        ({"phone": ""}, "Isi nomor HP atau e-mail"),
        ({"password": "pendek", "again": "pendek"}, "Kata sandi minimal 15 karakter."),
        ({"again": "lain"}, "Belum sama dengan kata sandi baru."),
        ({"zone": "UTC"}, "Pilih salah satu yang ada di daftar."),
    ):
        answer = client.submit(NEXT, **FORM | changed)
        assert answer.status_code == 422
        assert sentence in text(answer)
        assert "Kantor Kota" in text(answer)
        assert WORD not in text(answer)
    assert count(session, User) == count(session, Office) == 0


def test_a_system_with_users_has_no_page_to_set_it_up(session: Session, client: Any) -> None:
    make_user(session)

    assert client.get("/").location == "/masuk"
    assert client.get(PAGE).status_code == client.get(NEXT).status_code == 404
    assert client.submit(PAGE, code="x").status_code == 404
