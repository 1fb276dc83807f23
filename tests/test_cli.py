"""The `agentsys` command."""

from __future__ import annotations

import csv
import re

import pytest
from sqlalchemy import func, make_url, select, text

from agentsys.audit import trail
from agentsys.config import load
from agentsys.contributions.models import Contribution
from agentsys.db import db, transaction
from agentsys.demo import city
from agentsys.people.models import RoleName
from agentsys.workers.models import Worker
from tests.commands import runner
from tests.factories import make_office, make_user

SENDER = "+6281200000071"


@pytest.fixture
def run(committed, database_url, tmp_path):
    """A function that runs the command on this test's database."""
    return runner(database_url, tmp_path)


@pytest.fixture
def office(committed):
    """An office with the code KOTA, and an admin of it."""
    with committed.app_context():
        with transaction() as session:
            office_id = make_office(session, code="KOTA").id
            make_user(session, RoleName.ADMIN, office_id=office_id, phone=SENDER)
        db.session.remove()


def count(app, model) -> int:
    with app.app_context():
        return int(db.session.scalar(select(func.count()).select_from(model)) or 0)


def test_a_roster_made_for_a_trial_is_imported_billed_and_imported_again_without_change(
    run, office, committed, tmp_path
):
    path, rejects = tmp_path / "daftar.xlsx", tmp_path / "ditolak.xlsx"
    made = run("demo", "roster", path, "--rows", 300, "--seed", 3, "--damage", 0.1)
    first = run("import", path, "--office", "KOTA", "--as", SENDER, "--rejects", rejects)
    workers = count(committed, Worker)
    again = run("import", path, "--office", "KOTA", "--as", SENDER)
    billed = run("bill")

    assert made.returncode == first.returncode == again.returncode == billed.returncode == 0
    assert "300 baris" in first.stdout
    assert "Tidak ada yang baru atau berubah" in again.stdout
    assert count(committed, Worker) == workers > 200
    assert rejects.read_bytes().startswith(b"PK")
    assert count(committed, Contribution) == workers
    with open(f"{path}.damages.csv", newline="") as file:
        assert {row["expected"] for row in csv.DictReader(file)} >= {"repaired", "rejected"}


def test_a_file_that_is_no_roster_says_what_to_do_and_exits_with_one(run, office, tmp_path):
    path = tmp_path / "catatan.xlsx"
    path.write_bytes(b"bukan berkas Excel")

    answer = run("import", path, "--office", "KOTA", "--as", SENDER)

    assert answer.returncode == 1
    assert "Traceback" not in answer.stderr
    assert "Beri judul kolom NIK dan NAMA LENGKAP dalam satu baris" in answer.stderr


def test_a_roster_that_begins_in_a_month_beyond_billing_is_refused(
    run, office, committed, tmp_path
):
    path = tmp_path / "daftar.csv"
    path.write_text("NIK,NAMA LENGKAP\n6474011203800001,Andi\n")

    answer = run("import", path, "--office", "KOTA", "--as", SENDER, "--from", "2062-11")

    assert answer.returncode == 1
    assert "tidak dapat ditagih" in answer.stderr
    assert count(committed, Worker) == 0


def test_an_unknown_office_is_named_together_with_those_that_exist(run, office, tmp_path):
    path = tmp_path / "daftar.csv"
    path.write_text("NIK,NAMA LENGKAP\n")

    answer = run("import", path, "--office", "DESA", "--as", SENDER)

    assert answer.returncode == 2
    assert "DESA" in answer.stderr
    assert "KOTA" in answer.stderr


def test_the_audit_is_clean_on_clean_books_and_fails_when_a_rupiah_is_missing(run, committed):
    clean = run("audit")
    with committed.app_context():
        with db.engine.begin() as connection:
            # No service can do this; somebody with access to the database can.
            connection.execute(text("ALTER TABLE postings DISABLE TRIGGER ALL"))
            connection.execute(
                text(
                    "WITH e AS (INSERT INTO entries (kind, source, at) VALUES ('x', 'y', now())"
                    " RETURNING id) INSERT INTO postings SELECT id, 'bank:collection', 1 FROM e"
                )
            )
            connection.execute(text("ALTER TABLE postings ENABLE TRIGGER ALL"))
        broken = run("audit")
        with db.engine.begin() as connection, city.unguarded(connection):
            connection.execute(text("TRUNCATE entries, postings, balance_changes"))

    assert clean.returncode == 0
    assert "bersih" in clean.stdout
    assert broken.returncode == 1
    assert "✗" in broken.stdout


def test_an_audit_tells_when_the_end_of_the_trail_was_cut_off(run, committed):
    with committed.app_context(), transaction() as session:
        for number in range(3):
            trail.record(session, actor_id=None, action="x", subject=f"x:{number}", details={})
    printed = run("audit").stdout.splitlines()[0]
    head = printed.rpartition(" ")[2]
    same = run("audit", "--head", head)
    with committed.app_context(), db.engine.begin() as connection:
        for table in ("audit_events", "audit_seals"):
            connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
        connection.execute(text("DELETE FROM audit_events WHERE subject = 'x:2'"))
        connection.execute(text("DELETE FROM audit_seals WHERE number = 3"))
        for table in ("audit_events", "audit_seals"):
            connection.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER ALL"))

    alone, compared = run("audit"), run("audit", "--head", head)

    assert printed.startswith("jejak: 3 kejadian, ujung 3:")
    assert same.returncode == 0
    assert alone.stdout.startswith("jejak: 2 kejadian, ujung 2:")
    assert alone.returncode == 1, "the last proof knew of a seal that is gone"
    assert compared.returncode == 1
    assert "ujung itu tidak ada" in compared.stdout


def test_the_first_admin_of_a_new_system_can_be_made_and_a_weak_password_is_explained(run):
    command = ("user", "add", "Andi", "--role", "admin")
    weak = run(*command, "--email", "a@b.id", AGENTSYS_NEW_PASSWORD="x")
    good = run(*command, "--email", "a@contoh.id", AGENTSYS_NEW_PASSWORD="kalimat pendek saya")

    assert weak.returncode == 1
    assert "Kata sandi minimal 15 karakter." in weak.stderr
    assert good.returncode == 0, good.stderr


def test_a_user_is_added_by_a_script_with_a_password_from_a_file_or_a_generated_one(
    run, office, tmp_path
):
    secret = tmp_path / "sandi.txt"
    secret.write_text("kalimat pendek saya\nbaris kedua\n", encoding="utf-8")
    lina = ("user", "add", "Lina", "--role", "finance", "--office", "KOTA")

    by_file = run(*lina, "--phone", "081200000021", "--password-file", secret)
    by_pipe = run(*lina, "--phone", "081200000022", "--password-file", "-")
    generated = run(*lina, "--phone", "081200000023", "--generate-password")
    both = run(*lina, "--phone", "081200000024", "--generate-password", "--password-file", secret)
    again = run(*lina, "--phone", "081200000021", "--generate-password")

    assert by_file.returncode == generated.returncode == 0
    assert "kalimat" not in by_file.stdout
    assert re.search(r"^kata sandi: [a-z0-9-]{19}$", generated.stdout, re.M)
    assert by_pipe.returncode == 1, "nothing is typed into this process"
    assert "minimal 15 karakter" in by_pipe.stderr
    assert both.returncode == 2
    assert again.returncode == 1
    assert "sudah dipakai pengguna lain" in again.stderr
    assert "sandi:" not in again.stdout


def test_an_agent_is_added_with_a_code_and_nobody_else(run, office):
    command = ("user", "add", "Sari", "--phone", "081200000031", "--office", "KOTA")
    word = "--generate-password"

    without = run(*command, "--role", "agent", word)
    finance = run(*command, "--role", "finance", "--agent-code", "A-1", word)
    agent = run(*command, "--role", "agent", "--agent-code", "A-1", word)

    assert without.returncode == finance.returncode == 2
    assert "--agent-code" in without.stderr
    assert agent.returncode == 0, agent.stderr


def test_the_help_of_adding_people_shows_examples_and_takes_no_password_as_an_argument(run):
    shown = run("user", "add", "--help").stdout

    assert 'agentsys user add "Andi" --role admin' in shown
    assert "Kode keluar: 0" in shown
    assert "--password " not in shown
    assert 'agentsys office add KOTA "Kantor Kota"' in run("office", "add", "--help").stdout


def test_a_code_to_set_up_is_printed_only_while_there_is_nobody(run, committed):
    first = run("setup-code")
    run("user", "add", "Andi", "--role", "admin", "--phone", "081200000041", "--generate-password")
    then = run("setup-code")

    assert first.returncode == 0
    assert "/mulai" in first.stdout
    assert re.search(r"berlaku 24 jam: [a-z0-9-]{19}", first.stdout)
    assert then.returncode == 1
    assert "sudah punya pengguna" in then.stderr


def test_a_month_that_cannot_be_billed_is_refused_in_a_sentence_with_its_months(run):
    answer = run("bill", "--month", "2019-01")

    assert answer.returncode == 1
    assert "Bulan Januari 2019 tidak dapat ditagih. Pilih bulan dari " in answer.stderr
    assert "{" not in answer.stderr


def test_plugins_are_listed_with_their_state_and_why(run):
    listed = run("plugins").stdout

    assert "AGENTSYS_MIDTRANS_SERVER_KEY belum diisi" in listed
    assert "cash" in listed


def test_fresh_keys_make_a_production_system_start(run):
    lines = run("keys").stdout.splitlines()

    keys = {
        line.partition("=")[0].removeprefix("AGENTSYS_").lower(): line.partition("=")[2]
        for line in lines
    }
    assert load(database_url="postgresql://db/agentsys", **keys).vault().open


def test_a_database_that_does_not_answer_is_one_sentence(run):
    answer = run("audit", AGENTSYS_DATABASE_URL="postgresql://agentsys@127.0.0.1:9/none")

    assert answer.returncode == 1
    assert "Traceback" not in answer.stderr


def test_a_database_without_tables_is_one_sentence_that_names_the_command(run, database_url):
    empty = make_url(database_url).set(database="postgres")

    answer = run("audit", AGENTSYS_DATABASE_URL=empty.render_as_string(hide_password=False))

    assert answer.returncode == 1
    assert "agentsys db upgrade" in answer.stderr
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize(
    "wrong", [("x.pdf",), ("nowhere/x.xlsx",), ("x.xlsx", "--rows", -1), ("x.csv", "--damage", 5)]
)
def test_a_roster_that_cannot_be_written_is_refused_in_a_sentence(run, tmp_path, wrong):
    answer = run("demo", "roster", tmp_path / wrong[0], *wrong[1:])

    assert answer.returncode == 2
    assert "Kesalahan: Nilai " in answer.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_demo_is_never_put_over_real_data(run, office, committed):
    before = count(committed, Worker)

    answer = run("demo", "reset")

    assert answer.returncode == 1
    assert "Traceback" not in answer.stderr
    assert count(committed, Worker) == before
