"""The page of one office: everything about it, who changed it, and closing it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.people.models import Office, RoleName
from tests.factories import make_agent, make_office, make_user

OFFICES = "/admin/kantor/"


def text(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.get_data(as_text=True))


@pytest.fixture
def office(session: Session) -> Office:
    """An office."""
    return make_office(session, name="Kantor Kota")


def form(office: Office, **changed: str) -> dict[str, str]:
    empty = (
        "parent",
        "contact_name",
        "contact_phone",
        "contact_email",
        "address",
        "controller",
        "pks_number",
        "pks_from",
        "pks_until",
    )
    known = {"code": office.code, "name": office.name, "city": office.city, "zone": office.zone}
    return known | {"kind": "wadah"} | dict.fromkeys(empty, "") | changed


def test_what_is_changed_is_shown_before_and_after_with_who(
    session: Session, visit: Any, office: Office
) -> None:
    admin = visit(make_user(session, RoleName.ADMIN, name="Andi"))
    page = f"{OFFICES}{office.id}"

    saved = admin.submit(page, **form(office, kind="branch", controller="Koperasi Melati"))

    shown = text(admin.get(page))
    assert saved.location == OFFICES
    assert 'value="Koperasi Melati"' in shown
    assert "wadah → branch" in shown
    assert "Andi" in shown


def test_what_is_wrong_is_said_at_its_field(session: Session, visit: Any, office: Office) -> None:
    admin = visit(make_user(session, RoleName.ADMIN))
    wrong = form(office, pks_from="2026-02-01", pks_until="2026-01-01")

    answer = admin.submit(f"{OFFICES}{office.id}", **wrong)

    assert answer.status_code == 422
    assert 'href="#pks_until"' in text(answer)
    assert "PKS berakhir sebelum mulai" in text(answer)


def test_the_end_of_the_agreement_is_announced_on_page_and_list(
    session: Session, visit: Any, office: Office
) -> None:
    office.pks_until = clock.now().date() + timedelta(days=20)
    session.flush()
    admin = visit(make_user(session, RoleName.ADMIN))

    assert "PKS kantor ini berakhir" in text(admin.get(f"{OFFICES}{office.id}"))
    assert "hari lagi" in text(admin.get(OFFICES))


def test_an_office_in_use_says_what_is_left_and_an_empty_one_is_closed_and_opened(
    session: Session, visit: Any, office: Office
) -> None:
    used = make_office(session)
    make_agent(session, office_id=used.id)
    admin = visit(make_user(session, RoleName.ADMIN))
    switch = f"{OFFICES}{office.id}/keadaan"

    assert "Agen yang belum berhenti" in text(admin.get(f"{OFFICES}{used.id}"))
    admin.submit(f"{OFFICES}{used.id}/keadaan", action="close")
    assert "Kantor ini belum kosong" in text(admin.get(f"{OFFICES}{used.id}"))
    assert used.closed_at is None

    admin.submit(switch, action="close")
    assert office.closed_at is not None
    assert "Ditutup" in text(admin.get(OFFICES))
    admin.submit(switch, action="open")
    assert office.closed_at is None


def test_an_admin_of_one_office_changes_it_but_does_not_close_it(
    session: Session, visit: Any, office: Office
) -> None:
    admin = visit(make_user(session, RoleName.ADMIN, office_id=office.id))

    assert "Tutup kantor" not in text(admin.get(f"{OFFICES}{office.id}"))
    admin.submit(f"{OFFICES}{office.id}/keadaan", action="close")
    assert "Hanya admin semua kantor" in text(admin.get(f"{OFFICES}{office.id}"))
    assert office.closed_at is None
