"""The pages on which one user is changed, and on which somebody leaves."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy.orm import Session

from agentsys.people.models import RoleName, User
from tests.factories import make_agent, make_office, make_user

USERS = "/admin/pengguna"


def text(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.get_data(as_text=True))


@pytest.fixture
def lina(session: Session) -> User:
    """Somebody in finance."""
    office = make_office(session, name="Kantor Kota")
    return make_user(session, RoleName.FINANCE, office_id=office.id, name="Lina")


def test_a_change_is_saved_and_shown_with_who_and_when(
    session: Session, visit: Any, lina: User
) -> None:
    admin = visit(make_user(session, RoleName.ADMIN, name="Andi"))
    page = f"{USERS}/{lina.id}/data"
    form = {"name": "Lina Sari", "phone": lina.phone, "email": "", "office": str(lina.office_id)}

    assert f'href="{page}"' in text(admin.get(f"{USERS}/{lina.id}/peran"))
    assert admin.submit(page, **form).location == page

    shown = text(admin.get(page))
    assert "Data Lina Sari disimpan." in shown
    assert "Lina → Lina Sari" in shown
    assert "Andi" in shown


def test_another_office_signs_out_and_a_wrong_value_is_said_at_its_field(
    session: Session, visit: Any, lina: User
) -> None:
    admin, finance = visit(make_user(session, RoleName.ADMIN)), visit(lina)
    there = make_office(session)
    form = {"name": "Lina", "phone": lina.phone, "email": ""}

    wrong = admin.submit(f"{USERS}/{lina.id}/data", **form, office="")
    admin.submit(f"{USERS}/{lina.id}/data", **form, office=str(there.id))

    assert wrong.status_code == 422
    assert "Pilih kantor" in text(wrong)
    assert finance.get("/keuangan/buku").location.startswith("/masuk")


def test_an_admin_of_one_office_moves_nobody_elsewhere_and_sees_nobody_else(
    session: Session, visit: Any, lina: User
) -> None:
    admin = visit(make_user(session, RoleName.ADMIN, office_id=lina.office_id))
    other = make_user(session, RoleName.FINANCE, office_id=make_office(session).id)
    form = {"name": "Lina", "phone": lina.phone, "email": "", "office": str(other.office_id)}

    assert admin.submit(f"{USERS}/{lina.id}/data", **form).status_code == 422
    for page in ("data", "berhenti"):
        assert admin.get(f"{USERS}/{other.id}/{page}").status_code == 404


def test_a_supervisor_with_agents_leaves_only_after_naming_who_takes_them(
    session: Session, visit: Any
) -> None:
    agent = make_agent(session, name="Sari")
    leader = agent.supervisor
    assert leader is not None
    other = make_user(session, RoleName.SUPERVISOR, office_id=agent.office_id, name="Ratna")
    admin = visit(make_user(session, RoleName.ADMIN))
    page = f"{USERS}/{leader.id}/berhenti"

    at_once = admin.submit(f"{USERS}/{leader.id}", action="disable")
    shown = text(admin.get(at_once.location))
    done = admin.submit(page, to=str(other.id))

    assert at_once.location == page
    assert "masih punya pekerjaan terbuka" in shown
    assert "Sari" in shown
    assert done.location == USERS
    assert agent.supervisor_id == other.id
    assert not leader.active
