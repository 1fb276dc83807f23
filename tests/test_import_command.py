"""`agentsys import`: the conversation about a list, on the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from agentsys.audit.models import AuditEvent
from agentsys.crypto import Vault
from agentsys.db import db, transaction
from agentsys.people.models import Office, RoleName, User
from agentsys.rosters import deciding
from agentsys.workers.models import Roster, RosterMapping, RosterStatus, Worker
from tests.commands import Run, runner
from tests.factories import make_agent, make_office, make_user, make_worker
from tests.rosters.conftest import person, sheet

ADMIN, OTHER, FINANCE, STRANGER, GONE = (f"+62812000000{n}" for n in (71, 72, 73, 74, 75))
LEADER = "+6281200000076"


@pytest.fixture
def run(committed: Flask, database_url: str, tmp_path: Path) -> Iterator[Run]:
    """A function that runs the command; the office KOTA has two admins and other people."""
    with committed.app_context():
        with transaction() as session:
            office_id = make_office(session, code="KOTA").id
            for phone in (ADMIN, OTHER):
                make_user(session, RoleName.ADMIN, office_id=office_id, phone=phone)
            make_user(session, RoleName.FINANCE, office_id=office_id, phone=FINANCE)
            make_user(session, RoleName.ADMIN, office_id=office_id, phone=GONE, active=False)
            elsewhere = make_office(session).id
            make_user(session, RoleName.ADMIN, office_id=elsewhere, phone=STRANGER)
            leader = make_user(session, RoleName.SUPERVISOR, office_id=office_id, phone=LEADER)
            make_agent(session, office_id=office_id, code="A-1", supervisor_id=leader.id)
            make_agent(session, office_id=office_id, code="A-2")
        yield runner(database_url, tmp_path)


@pytest.fixture
def daftar(tmp_path: Path) -> Path:
    """A list of two people and a row without a NIK."""
    path = tmp_path / "daftar.xlsx"
    path.write_bytes(
        sheet(person(1), person(2, name="Siti Aminah"), ["3", "12", "Tanpa NIK", "", "", ""])
    )
    return path


def send(run: Run, path: Path, *options: object, sender: str = ADMIN) -> Any:
    return run("import", path, "--office", "KOTA", "--as", sender, *options)


def workers() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Worker)) or 0


def only_list() -> Roster:
    db.session.rollback()
    return db.session.scalars(select(Roster)).one()


def registered(vault: Vault) -> None:
    """The first person of the list is registered already, with another phone number."""
    with transaction() as session:
        office_id = session.scalars(select(Office.id).where(Office.code == "KOTA")).one()
        make_worker(
            session, vault, office_id=office_id, nik=str(person(1)[1]), name="Andi Baso",
            phone="+6281111111111",
        )  # fmt: skip


def test_it_checks_first_and_then_imports_what_it_showed(run: Run, daftar: Path) -> None:
    done = send(run, daftar)

    assert done.returncode == 0, done.stderr
    for text in (
        "akan masuk",
        "Kolom yang dibaca",
        "NIK → nik",
        "baru: Andi Baso (6474",
        "ditolak",
    ):
        assert text in done.stdout
    assert "6474011203800001" not in done.stdout
    assert "3 baris: 2 diterima (2 baru" in done.stdout
    assert (workers(), only_list().status) == (2, RosterStatus.DONE)


def test_a_check_writes_nobody_and_the_list_goes_on_by_its_number(
    run: Run, daftar: Path, tmp_path: Path
) -> None:
    rejects = tmp_path / "ditolak.xlsx"
    checked = send(run, daftar, "--check", "--rejects", rejects)
    found = only_list()

    assert checked.returncode == 0, checked.stderr
    assert (workers(), found.status) == (0, RosterStatus.CHECKED)
    assert f"/pembina/daftar/{found.id}" in checked.stdout
    assert rejects.read_bytes().startswith(b"PK")

    done = run("import", "--list", found.id, "--as", ADMIN)

    assert done.returncode == 0, done.stderr
    assert workers() == 2


def test_a_list_that_changes_registered_people_ends_as_a_proposal(
    run: Run, daftar: Path, vault: Vault
) -> None:
    registered(vault)

    proposed = send(run, daftar)
    found = only_list()

    assert proposed.returncode == 3, proposed.stderr
    assert "berubah: Andi Baso" in proposed.stdout
    assert "Nomor HP: +6281111111111 → +6281234567890" in proposed.stdout
    assert "orang kedua" in proposed.stdout
    assert f"/pembina/daftar/{found.id}" in proposed.stdout
    assert (workers(), found.status) == (1, RosterStatus.PROPOSED)
    assert run("import", "--list", found.id, "--as", OTHER).returncode == 3

    with transaction() as session:
        other = session.scalars(select(User.id).where(User.phone == OTHER)).one()
        deciding.approve(session, roster_id=found.id, actor_id=other)
    done = run("import", "--list", found.id, "--as", ADMIN)

    assert done.returncode == 0, done.stderr
    assert "1 berubah" in done.stdout
    assert workers() == 2


def test_the_trail_names_who_sent_it_by_the_command(run: Run, daftar: Path) -> None:
    send(run, daftar)

    found = only_list()
    events = db.session.scalars(
        select(AuditEvent).where(AuditEvent.subject == f"roster:{found.id}")
    ).all()
    assert "roster.commanded" in {event.action for event in events}
    assert {event.actor_id for event in events} == {found.uploaded_by}
    assert found.uploaded_by is not None


def test_suggested_columns_that_nobody_looked_at_are_not_kept_for_the_next_list(
    run: Run, daftar: Path
) -> None:
    send(run, daftar)

    assert db.session.scalars(select(RosterMapping)).all() == []


@pytest.mark.parametrize(
    ("sender", "code", "said"),
    [
        ("+6281299999999", 2, "Tidak ada pengguna aktif"),
        (GONE, 2, "Tidak ada pengguna aktif"),
        ("abc", 1, "Nomor HP tidak dikenali"),
        (FINANCE, 1, "tidak boleh mengirim daftar pekerja"),
        (STRANGER, 1, "tidak boleh mengirim daftar tanpa agen untuk kantor ini"),
        (LEADER, 1, "tidak boleh mengirim daftar tanpa agen untuk kantor ini"),
    ],
)
def test_who_may_not_send_it_is_told_so(
    run: Run, daftar: Path, sender: str, code: int, said: str
) -> None:
    refused = send(run, daftar, sender=sender)

    assert (refused.returncode, workers()) == (code, 0)
    assert said in " ".join(refused.stderr.split())
    assert "Traceback" not in refused.stderr
    assert db.session.scalars(select(Roster)).all() == []


def test_a_supervisor_sends_lists_for_agents_of_the_own_team_only(run: Run, daftar: Path) -> None:
    assert send(run, daftar, "--agent", "A-2", sender=LEADER).returncode == 1
    assert workers() == 0

    done = send(run, daftar, "--agent", "A-1", sender=LEADER)

    assert done.returncode == 0, done.stderr
    assert workers() == 2


def test_a_file_or_a_number_is_given_and_not_both(run: Run, daftar: Path) -> None:
    for options in (
        ("--as", ADMIN),
        (daftar, "--list", "1", "--as", ADMIN),
        (daftar, "--as", ADMIN),
    ):
        assert run("import", *options).returncode == 2
    unknown = run("import", "--list", "999", "--as", ADMIN)
    assert unknown.returncode == 1
    assert "Tidak ada daftar dengan nomor 999" in unknown.stderr


def test_the_same_list_again_changes_nothing_and_leaves_no_open_list(
    run: Run, daftar: Path
) -> None:
    send(run, daftar)

    again = send(run, daftar)

    assert again.returncode == 0, again.stderr
    assert "Tidak ada yang baru atau berubah" in again.stdout
    assert workers() == 2
    states = db.session.scalars(select(Roster.status).order_by(Roster.id)).all()
    assert states == [RosterStatus.DONE, RosterStatus.CANCELLED]


def test_a_list_without_a_column_of_nik_says_where_to_choose_it(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "daftar.csv"
    path.write_text("NOMOR,NAMA LENGKAP\n6474011203800001,Andi Baso\n")

    answer = send(run, path)

    assert answer.returncode == 1
    assert "Traceback" not in answer.stderr
    assert workers() == 0
