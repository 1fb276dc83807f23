"""From an empty system to the first receipt: one command, then pages only."""

from __future__ import annotations

import re
import uuid
from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from agentsys import clock, jobs
from agentsys.cli import cli
from agentsys.db import db
from agentsys.months import HEAD_OFFICE
from agentsys.people.models import Agent, Office, OfficeKind, RoleName, User
from agentsys.workers.models import Worker
from tests.factories import invented_nik, make_office, make_user

_SHOWN = re.compile(r'<b class="mono">([a-z0-9-]{19})</b>')
OFFICES, USERS = "/admin/kantor/", "/admin/pengguna"
FIRST, OWN = "kata-sandi-pertama-2026", "gajah makan bambu kuning"
OFFICE = {"code": "kota", "name": "Kantor Kota", "city": "Kota Contoh", "zone": "Asia/Makassar"}


def _text(answer: Any) -> str:
    return str(answer.get_data(as_text=True))


def _chosen(page: str, field: str, words: str) -> str:
    """The value of the option with this label."""
    select_ = re.search(rf'<select[^>]*name="{field}".*?</select>', page, re.S)
    assert select_ is not None, field
    option = re.search(rf'value="(\d+)"[^>]*>\s*{words}', select_[0])
    assert option is not None, words
    return option[1]


def _enter(client: Any, identity: str, password: str) -> None:
    """Sign in with a password from an admin, and change it."""
    form = {"email": identity, "password": password, "csrf_token": client.token()}
    assert client.post("/masuk", data=form).status_code == 302
    client.submit("/akun/sandi", new=OWN, again=OWN)


def _hire(admin: Any, role: str, phone: str, office: str, **more: Any) -> str:
    """Add a user; return the password that the page shows once."""
    page = _text(
        admin.submit(
            USERS,
            name=f"Orang {role}",
            phone=phone,
            email="",
            roles=[role],
            office=office,
            **{"supervisor": "", "code": ""} | more,
        )
    )
    password = _SHOWN.search(page)
    assert password is not None, page
    return password[1]


def _run_jobs(session: Session, name: str) -> None:
    query = text("SELECT args FROM procrastinate_jobs WHERE task_name = :name")
    for args in session.scalars(query, {"name": name}).all():
        getattr(jobs, name)(**args)


def test_from_an_empty_database_to_the_first_receipt_through_pages_only(
    app: Any, session: Session, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for model in (Office, User, Worker):
        assert session.scalar(select(func.count()).select_from(model)) == 0
    monkeypatch.setenv("AGENTSYS_NEW_PASSWORD", FIRST)
    command = ["user", "add", "Andi", "--role", "admin", "--phone", "0812-0000-0001"]
    assert "Andi (admin)" in _command(app, command)

    admin = client
    form = {"email": "081200000001", "password": FIRST, "csrf_token": admin.token()}
    assert admin.post("/masuk", data=form).location == "/"
    start = admin.get(admin.get("/").location)
    assert "Belum ada kantor" in _text(start)
    assert "Belum ada kantor" in _text(admin.get(OFFICES))
    assert "Belum ada agen" in _text(admin.get("/admin/agen/"))
    assert admin.submit(OFFICES, **OFFICE).location == OFFICES

    office = _chosen(_text(admin.get(USERS)), "office", "Kantor Kota")
    leader_word = _hire(admin, "supervisor", "081200000002", office)
    finance_word = _hire(admin, "finance", "081200000003", office)
    leader = _chosen(_text(admin.get(USERS)), "supervisor", "Orang supervisor")
    agent_word = _hire(admin, "agent", "081200000004", office, code="A-1", supervisor=leader)

    agent, finance, supervisor = (app.test_client() for _ in range(3))
    _enter(supervisor, "081200000002", leader_word)
    _enter(finance, "081200000003", finance_word)
    _enter(agent, "081200000004", agent_word)
    _appoint(session, supervisor, admin)
    assert "Orang agent" in _text(supervisor.get("/pembina/tim"))

    worker = _enrol(agent)
    month = f"{clock.this_month():%Y-%m}"
    finance.submit("/keuangan/penagihan", month=month)
    _run_jobs(session, "bill_month")
    assert "Ni Luh Ayu" in _text(agent.get("/hari-ini"))

    sheet = _text(agent.get(f"/tagih/{worker}"))
    assert f'value="{month}"' in sheet
    paid = agent.submit(f"/tagih/{worker}", key=uuid.uuid4().hex, months=[month], channel="cash")
    assert paid.location.startswith("/kuitansi/")
    receipt = _text(agent.get(paid.location))
    assert paid.location.rpartition("/")[2] in receipt
    assert "Orang agent" in receipt


def _appoint(session: Any, supervisor: Any, admin: Any) -> None:
    """The supervisor records exam and papers of the new agent, whom the admin then appoints."""
    agent = session.scalars(select(Agent)).one()
    page, day = f"/pembina/tim/{agent.id}", clock.now().astimezone(HEAD_OFFICE).date().isoformat()
    step = {"step-step": "examined", "step-on_day": day}
    assert supervisor.submit(f"{page}/langkah", **step).status_code == 302
    for kind in ("certificate", "card", "letter"):
        paper = {"paper-kind": kind, "paper-number": "1", "paper-from_on": day}
        assert supervisor.submit(f"{page}/surat", **paper).status_code == 302
    assert admin.submit(f"{page}/angkat").location == f"{page}/surat"


def _enrol(agent: Any) -> str:
    """Enrol one worker as the agent; return the worker's id."""
    enrolled = agent.submit(
        "/daftarkan",
        nik=invented_nik(77, born=date(1990, 5, 17)),
        name="Ni Luh Ayu",
        birth_date="1990-05-17",
        sex="L",
        phone="0812 3456 7890",
        address="Gang Melati 3",
        kelurahan="Muara",
        job="Pedagang sayur",
        sector="other",
        income_idr="1.500.000",
        programmes="JKK+JKM",
        consent="y",
        attestation="y",
    )
    assert enrolled.status_code == 302, _text(enrolled)
    worker = re.search(r"/pekerja/(\d+)", enrolled.location)
    assert worker is not None
    return worker[1]


def _command(app: Any, arguments: list[str]) -> str:
    """Run a command in this test's transaction; return its output."""
    db.session.commit()
    result = app.test_cli_runner().invoke(cli, arguments)
    assert result.exit_code == 0, (result.output, result.exception)
    return str(result.output)


def test_offices_are_added_and_listed_by_command(app: Any, session: Session) -> None:
    none_yet = _command(app, ["office", "list"])
    added = _command(app, ["office", "add", "kota", "Kantor Kota", "Kota Contoh"])
    listed = _command(app, ["office", "list"])
    again = app.test_cli_runner().invoke(cli, ["office", "add", "KOTA", "Lain", "Lain"])

    assert "agentsys office add KODE NAMA KOTA" in none_yet
    assert "KOTA, Kantor Kota, Kota Contoh" in added
    assert "KOTA" in listed
    assert "Asia/Makassar" in listed
    assert "Kode kantor itu sudah dipakai" in str(again.exception)


def test_everything_about_an_office_can_be_said_by_command(app: Any, session: Session) -> None:
    _command(app, ["office", "add", "KOTA", "Kantor Kota", "Kota Contoh", "--kind", "branch"])
    said = ["--parent", "KOTA", "--contact-name", "Andi Contoh", "--pks-number", "12/PKS/2026"]
    days = ["--pks-from", "2026-01-01", "--pks-until", "2027-12-31"]
    _command(app, ["office", "add", "W-1", "Wadah Contoh", "Kota Contoh", *said, *days])

    found = {office.code: office for office in session.scalars(select(Office))}
    made = found["W-1"]
    assert (found["KOTA"].kind, made.kind) == (OfficeKind.BRANCH, OfficeKind.WADAH)
    assert (made.parent_id, made.contact_name) == (found["KOTA"].id, "Andi Contoh")
    assert (made.pks_number, made.pks_from, made.pks_until) == (
        "12/PKS/2026",
        date(2026, 1, 1),
        date(2027, 12, 31),
    )


def test_a_command_that_names_a_missing_office_says_how_to_add_one(
    app: Any, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGENTSYS_NEW_PASSWORD", FIRST)
    command = [
        "user",
        "add",
        "Lina",
        "--role",
        "finance",
        "--phone",
        "081200000009",
        "--office",
        "KOTA",
    ]

    first = app.test_cli_runner().invoke(cli, command)
    make_office(session, code="TIMUR")
    session.commit()
    then = app.test_cli_runner().invoke(cli, command)

    assert "agentsys office add KODE NAMA KOTA" in first.output
    assert "yang ada: TIMUR" in then.output


def test_what_is_wrong_with_an_office_is_said_where_it_was_typed(
    session: Session, visit: Any
) -> None:
    make_office(session, code="KOTA")
    admin = visit(make_user(session, RoleName.ADMIN))

    for changed, sentence in (
        ({"name": ""}, "Wajib diisi."),
        ({"code": "kota"}, "Kode kantor itu sudah dipakai"),
        ({"zone": "UTC"}, "Pilih salah satu yang ada di daftar."),
    ):
        answer = admin.submit(OFFICES, **OFFICE | {"code": "timur"} | changed)
        assert answer.status_code == 422
        assert sentence in _text(answer)
        assert "Kota Contoh" in _text(answer)


def test_an_office_is_changed_by_its_own_admin_who_adds_none(session: Session, visit: Any) -> None:
    mine, other = make_office(session), make_office(session)
    admin = visit(make_user(session, RoleName.ADMIN, office_id=mine.id))

    page = _text(admin.get(OFFICES))
    answer = admin.submit(f"{OFFICES}{mine.id}", **OFFICE | {"code": "baru", "city": "Kota Baru"})

    assert "Tambah kantor" not in page
    assert other.name not in page
    assert answer.location == OFFICES
    assert (mine.code, mine.city) == ("BARU", "Kota Baru")
    assert admin.submit(OFFICES, **OFFICE).location == OFFICES
    assert "Hanya admin semua kantor" in _text(admin.get(OFFICES))
    assert admin.submit(f"{OFFICES}{other.id}", **OFFICE).status_code == 404


def test_closing_an_account_and_a_new_password_are_asked_about_by_name_first(
    session: Session, visit: Any
) -> None:
    office = make_office(session)
    user = make_user(session, RoleName.FINANCE, office_id=office.id, name="Wulan Sari")
    admin = visit(make_user(session, RoleName.ADMIN))

    page = _text(admin.get(USERS))
    own_page = _text(admin.get(f"{USERS}/{user.id}/peran"))

    assert f'href="{USERS}/{user.id}/peran"' in page
    for action, name in (("disable", "Tutup akun"), ("reset", "Sandi baru untuk")):
        assert f'value="{action}"' not in page
        folded = re.search(rf'<details [^§]*?value="{action}"', own_page)
        assert folded
        assert f"{name} Wulan Sari?" in re.sub(r"\s+", " ", folded.group())
