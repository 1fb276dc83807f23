"""Pages of users: adding, closing, opening, new passwords."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agentsys.audit.models import AuditEvent
from agentsys.people.models import Agent, Office, RoleName, User
from tests.factories import PASSWORD, make_agent, make_office, make_user

PAGE = "/admin/pengguna"

_SHOWN = re.compile(r'<b class="mono">([a-z0-9-]{19})</b>')


def _form(of: Office | None, **changed: Any) -> dict[str, Any]:
    return {
        "name": "Rina Lestari",
        "phone": "0813-1111-2222",
        "email": "",
        "roles": "finance",
        "office": str(of.id) if of else "",
        "supervisor": "",
    } | changed


def _added(session: Session) -> User | None:
    return session.scalar(select(User).where(User.name == "Rina Lestari"))


def test_a_new_user_signs_in_with_the_password_that_was_shown_once(
    session: Session, boss: User, office: Office, visit: Any, client: Any
) -> None:
    admin = visit(boss)

    answer = admin.submit(PAGE, **_form(office))

    password = _SHOWN.search(answer.get_data(as_text=True))
    assert password is not None
    user = _added(session)
    assert user is not None
    assert (user.role_names, user.office_id, user.phone) == (
        {RoleName.FINANCE},
        office.id,
        "+6281311112222",
    )
    assert client.sign_in(user, password[1]).location == "/"
    assert client.get("/keuangan/setoran-agen").location == "/akun/sandi"
    assert password[1] not in admin.get(PAGE).get_data(as_text=True)
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_new_agent_joins_the_office_with_a_code_and_a_supervisor(
    session: Session, boss: User, office: Office, visit: Any
) -> None:
    supervisor = make_user(session, RoleName.SUPERVISOR, office_id=office.id)

    visit(boss).submit(
        PAGE,
        **_form(
            office, roles="agent", code="btg-77", area="Loktuan", supervisor=str(supervisor.id)
        ),
    )

    agent = session.scalars(select(Agent).where(Agent.code == "BTG-77")).one()
    assert agent.user is not None
    assert agent.user.name == "Rina Lestari"
    assert (agent.office_id, agent.supervisor_id) == (office.id, supervisor.id)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"name": ""}, "Wajib diisi."),
        ({"phone": "", "email": ""}, "Isi nomor HP atau e-mail"),
        ({"phone": "12"}, "Nomor HP tidak dikenali"),
        ({"roles": "raja"}, "Pilih salah satu yang ada di daftar."),
        ({"roles": []}, "Pilih paling sedikit satu peran."),
        ({"office": ""}, "Pilih kantor"),
        ({"office": "999999"}, "Pilih salah satu yang ada di daftar."),
        ({"roles": "agent", "code": ""}, "Isi kode agen"),
        ({"roles": "agent", "code": "TAKEN"}, "Kode agen itu sudah dipakai"),
    ],
)
def test_what_is_wrong_with_a_new_user_is_said_and_nobody_is_added(
    session: Session,
    boss: User,
    office: Office,
    visit: Any,
    changed: dict[str, Any],
    sentence: str,
) -> None:
    make_agent(session, code="TAKEN")
    before = session.scalar(select(func.count()).select_from(User))

    answer = visit(boss).submit(PAGE, **_form(office, **changed))

    assert answer.status_code == 422
    assert sentence in answer.get_data(as_text=True)
    assert session.scalar(select(func.count()).select_from(User)) == before


def test_a_supervisor_of_another_office_leads_no_agent_here(
    session: Session, boss: User, office: Office, visit: Any
) -> None:
    elsewhere = make_user(session, RoleName.SUPERVISOR, office_id=make_office(session).id)

    answer = visit(boss).submit(
        PAGE, **_form(office, roles="agent", code="B-1", supervisor=str(elsewhere.id))
    )

    assert answer.status_code == 422
    assert "Pilih penyelia dari kantor yang sama." in answer.get_data(as_text=True)
    assert _added(session) is None


def test_a_closed_account_ends_at_once_and_can_be_opened_again(
    session: Session, boss: User, office: Office, visit: Any
) -> None:
    user = make_user(session, RoleName.FINANCE, office_id=office.id)
    at_work = visit(user)
    admin = visit(boss)

    admin.submit(f"{PAGE}/{user.id}", action="disable")
    during = at_work.get("/keuangan/setoran-agen")
    admin.submit(f"{PAGE}/{user.id}", action="enable")

    assert during.status_code == 302
    assert "/masuk" in during.location
    assert user.active
    assert visit(user).get("/keuangan/setoran-agen").status_code == 200


def test_a_new_password_replaces_the_old_one_ends_sessions_and_is_recorded(
    session: Session, boss: User, office: Office, visit: Any, client: Any
) -> None:
    user = make_user(session, RoleName.FINANCE, office_id=office.id)
    at_work = visit(user)

    answer = visit(boss).submit(f"{PAGE}/{user.id}", action="reset")

    password = _SHOWN.search(answer.get_data(as_text=True))
    assert password is not None
    assert at_work.get("/keuangan/setoran-agen").status_code == 302
    assert client.sign_in(user, PASSWORD).status_code == 200
    assert client.sign_in(user, password[1]).status_code == 302
    assert client.get("/keuangan/setoran-agen").location == "/akun/sandi"
    event = session.scalars(
        select(AuditEvent).where(AuditEvent.action == "user.password_renewed")
    ).one()
    assert (event.actor_id, event.subject, event.details) == (boss.id, f"user:{user.id}", {})


@pytest.mark.parametrize("action", ["disable", "reset", "hapus"])
def test_an_admin_cannot_change_the_own_account_here(
    session: Session, boss: User, visit: Any, action: str
) -> None:
    before = boss.password
    admin = visit(boss)

    answer = admin.submit(f"{PAGE}/{boss.id}", action=action)

    assert answer.location == PAGE
    assert (boss.active, boss.password) == (True, before)
    assert 'class="notice error"' in admin.get(PAGE).get_data(as_text=True)


def test_an_admin_of_one_office_reaches_nobody_else_and_makes_no_admin_of_all(
    session: Session, office: Office, boss: User, visit: Any
) -> None:
    local = make_user(session, RoleName.ADMIN, office_id=office.id)
    elsewhere = make_user(session, RoleName.FINANCE, office_id=make_office(session).id)
    admin = visit(local)

    listed = admin.get(PAGE).get_data(as_text=True)
    answers = [
        admin.submit(f"{PAGE}/{key}", action="disable") for key in (elsewhere.id, boss.id, 999_999)
    ]
    raised = admin.submit(PAGE, **_form(None, roles="admin"))

    assert elsewhere.name not in listed
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert raised.status_code == 422
    assert _added(session) is None
    assert elsewhere.active


@pytest.mark.parametrize("role", [role for role in RoleName if role is not RoleName.ADMIN])
def test_nobody_but_admins_enters(
    session: Session, office: Office, visit: Any, role: RoleName
) -> None:
    visitor = visit(make_user(session, role, office_id=office.id))

    assert visitor.get(PAGE).status_code == 403
    assert visitor.submit(PAGE, **_form(office)).status_code == 403
    assert _added(session) is None


def test_a_user_gets_a_second_role_and_then_both_kinds_of_pages(
    session: Session, boss: User, office: Office, visit: Any
) -> None:
    user = make_user(session, RoleName.FINANCE, office_id=office.id)
    at_work = visit(user)
    assert at_work.get("/pembina/tim").status_code == 403

    answer = visit(boss).submit(
        f"{PAGE}/{user.id}/peran", roles=["finance", "supervisor"], supervisor=""
    )

    assert answer.location == PAGE
    assert at_work.get("/pembina/tim").status_code == 200
    assert at_work.get("/keuangan/setoran-agen").status_code == 200
    assert "Penyelia, Keuangan" in at_work.get("/akun").get_data(as_text=True)


def test_a_supervisor_becomes_an_agent_as_well_with_a_code_and_another_leader(
    session: Session, boss: User, office: Office, visit: Any
) -> None:
    user = make_user(session, RoleName.SUPERVISOR, office_id=office.id, name="Wulan Sari")
    leader = make_user(session, RoleName.SUPERVISOR, office_id=office.id)
    page = f"{PAGE}/{user.id}/peran"
    admin = visit(boss)

    without = admin.submit(page, roles=["supervisor", "agent"], supervisor="")
    led_by_self = admin.submit(
        page, roles=["supervisor", "agent"], code="B-1", supervisor=str(user.id)
    )
    admin.submit(
        page, roles=["supervisor", "agent"], code="b-1", supervisor=str(leader.id), area="Loktuan"
    )

    assert (without.status_code, led_by_self.status_code) == (422, 422)
    assert "Isi kode agen" in without.get_data(as_text=True)
    agent = session.scalars(select(Agent).where(Agent.code == "B-1")).one()
    assert (agent.user_id, agent.supervisor_id, agent.name) == (user.id, leader.id, "Wulan Sari")
    both = visit(user)
    assert both.get("/").location == "/kotak-kerja/"
    assert both.get("/hari-ini").status_code == 200
    assert "Kode agen" not in admin.get(page).get_data(as_text=True)


def test_an_admin_of_one_office_gives_nobody_elsewhere_a_role_and_nobody_the_own(
    session: Session, office: Office, visit: Any
) -> None:
    local = make_user(session, RoleName.ADMIN, office_id=office.id)
    elsewhere = make_user(session, RoleName.FINANCE, office_id=make_office(session).id)
    admin = visit(local)

    own = admin.submit(f"{PAGE}/{local.id}/peran", roles=["admin", "finance"], supervisor="")

    assert admin.submit(f"{PAGE}/{elsewhere.id}/peran", roles=["admin"]).status_code == 404
    assert own.status_code == 422
    assert "peran sendiri" in own.get_data(as_text=True)
    assert (local.role_names, elsewhere.role_names) == ({RoleName.ADMIN}, {RoleName.FINANCE})
