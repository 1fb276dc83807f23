"""Pausing, cancelling and taking back a list by its pages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from agentsys import clock
from agentsys.db import db, transaction
from agentsys.rosters import running
from agentsys.rosters.importing import import_roster
from agentsys.sheets.reader import read_sheets
from agentsys.workers.models import Roster, RosterStatus, Worker
from tests.rosters.conftest import person, sheet
from tests.rosters.steps import apart
from tests.web.lists.conftest import Staff

S = RosterStatus
WRONG = ["3", "12", "Daeng Salah"]


def step(staff: Staff, path: str, action: str, *, who: str = "sender") -> RosterStatus:
    assert staff[who].submit(f"{path}/langkah", action=action).status_code == 302
    return staff.status(path)


def test_a_list_that_waits_is_paused_and_goes_on(staff: Staff) -> None:
    path = staff.checked(sheet(person(1)))
    assert step(staff, path, "import") is S.WAITING
    assert step(staff, path, "pause") is S.PAUSED
    staff.work()  # the job that was queued before finds a paused list
    assert (staff.status(path), staff.workers) == (S.PAUSED, 0)
    assert "Impor melanjutkan dari baris terakhir" in staff.page(path)

    assert step(staff, path, "resume") is S.WAITING
    staff.work()

    assert (staff.status(path), staff.workers) == (S.DONE, 1)


@pytest.fixture
def halfway(staff: Staff, monkeypatch: pytest.MonkeyPatch) -> str:
    """A list whose import was paused by its page after some parts were stored."""
    monkeypatch.setattr(running, "PART_ROWS", 1000)
    monkeypatch.setattr(running, "_SHOWN_EVERY_S", 0)
    path = staff.checked(sheet(*(person(serial) for serial in range(1, 8000))))
    step(staff, path, "import")

    def pause(done: int, total: int, phase: str) -> None:
        if phase == "saving" and done > 1000 and staff.status(path) is S.RUNNING:
            step(staff, path, "pause")

    import_roster(vault=staff.vault, roster_id=staff.roster(path).id, progress=apart(pause))
    assert staff.status(path) is S.PAUSED
    assert 0 < staff.workers < 7999
    return path


def test_an_import_that_is_paused_halfway_goes_on_and_stores_each_once(
    staff: Staff, halfway: str
) -> None:
    step(staff, halfway, "resume")
    staff.work()

    assert staff.status(halfway) is S.DONE
    assert staff.workers == staff.roster(halfway).created == 7999


def test_an_import_that_is_cancelled_halfway_leaves_nobody(staff: Staff, halfway: str) -> None:
    page = staff.page(halfway)
    assert "Yang sudah masuk ditarik kembali" in page

    assert step(staff, halfway, "cancel") is S.UNDOING
    assert "data-poll" in staff.page(halfway)
    staff.work()

    assert (staff.status(halfway), staff.workers) == (S.CANCELLED, 0)


def test_a_cancelled_list_offers_no_further_step(staff: Staff) -> None:
    path = staff.checked(sheet(person(1)))

    assert step(staff, path, "cancel") is S.CANCELLED

    assert "Langkah berikut" not in staff.page(path)
    for action in ("import", "pause", "resume", "cancel"):
        assert step(staff, path, action) is S.CANCELLED
    assert staff.work() == []


@pytest.mark.parametrize(
    ("who", "status"), [("agent", 403), ("auditor", 403), ("finance", 404), ("stranger", 404)]
)
@pytest.mark.parametrize("action", ["import", "cancel"])
def test_steps_are_not_for_others(staff: Staff, who: str, status: int, action: str) -> None:
    path = staff.checked(sheet(person(1)))

    assert staff[who].submit(f"{path}/langkah", action=action).status_code == status
    assert staff.status(path) is S.CHECKED


def test_the_result_says_why_each_row_was_refused_and_gives_the_file_to_repair(
    staff: Staff,
) -> None:
    path = staff.imported(sheet(person(1), person(2), WRONG))

    page = staff.page(f"{path}?tab=rejected")
    answer = staff["sender"].get(f"{path}/ditolak.xlsx")

    assert "Alasan terbanyak" in page
    assert "NIK harus 16 angka" in page
    [rows] = [list(read.rows) for read in read_sheets(answer.data)]
    words = {str(cell) for row in rows for cell in row}
    assert "Daeng Salah" in words
    assert "Andi Baso" not in words


def test_the_repaired_rows_are_sent_again_and_only_they_are_new(staff: Staff) -> None:
    path = staff.imported(sheet(person(1), WRONG))
    assert staff["sender"].submit(f"{path}/selesai").status_code == 302

    again = staff.imported(sheet(person(3, name="Daeng Betul")))

    assert staff.roster(again).created == 1
    assert "Tandai selesai" not in staff.page(path)


def test_an_import_is_taken_back_with_a_reason(staff: Staff) -> None:
    path = staff.imported(sheet(person(1), person(2)))
    page = staff.page(f"{path}/tarik")
    assert "2 pekerja baru dihapus" in page
    undo = staff["sender"].submit(f"{path}/tarik", action="all", note=" ")
    assert undo.status_code == 422
    assert "Tulis alasan menarik kembali" in undo.get_data(as_text=True)

    for _ in range(2):
        staff["sender"].submit(f"{path}/tarik", action="all", note="berkas yang keliru")
    assert staff.work() == ["undo_list"]

    assert (staff.status(path), staff.workers) == (S.UNDONE, 0)
    assert "berkas yang keliru" in staff.page(path)
    assert "Hanya daftar yang sudah diimpor" in staff.page(f"{path}/tarik")


def test_what_rests_on_the_workers_is_listed_and_they_stay(staff: Staff) -> None:
    staff.imported(sheet(person(1)))
    path = staff.imported(sheet(person(1, phone="0813-1111-2222"), person(2)))
    with transaction() as session:
        new = session.scalars(select(Worker).where(Worker.phone == "+6281234567890")).one()
        new.phone, new.updated_at = "+6281999999999", clock.now()

    page = staff.page(f"{path}/tarik")
    refused = staff["sender"].submit(f"{path}/tarik", action="all", note="salah")
    told = staff["sender"].submit(
        f"{path}/tarik", action="changes", note="nomor lama", follow_redirects=True
    )

    assert "data diubah, didaftarkan, atau dipindahkan setelah impor" in page
    assert "Tarik seluruh impor" not in page
    assert refused.status_code == 422
    assert "Data 1 orang dikembalikan." in told.get_data(as_text=True)
    phones = set(db.session.scalars(select(Worker.phone)))
    assert phones == {"+6281234567890", "+6281999999999"}
    assert "dikembalikan" in staff.page(path)


@pytest.mark.parametrize(
    ("who", "status"), [("agent", 403), ("auditor", 403), ("finance", 404), ("stranger", 404)]
)
def test_nobody_else_takes_an_import_back(staff: Staff, who: str, status: int) -> None:
    path = staff.imported(sheet(person(1)))

    answer = staff[who].submit(f"{path}/tarik", action="all", note="iseng")

    assert answer.status_code == status
    assert (staff.status(path), staff.workers) == (S.DONE, 1)


def test_the_time_that_is_left_does_not_count_how_long_a_list_waited_for_people(
    staff: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "_SHOWN_EVERY_S", 0)
    path = staff.checked(sheet(*(person(serial) for serial in range(1, 8000))))
    with transaction() as session:
        session.get_one(Roster, staff.roster(path).id).uploaded_at -= timedelta(days=1)
    step(staff, path, "import")
    shown = []

    def look(done: int, total: int, phase: str) -> None:
        if phase == "saving":
            shown.append(staff.page(f"{path}/kemajuan"))

    import_roster(vault=staff.vault, roster_id=staff.roster(path).id, progress=apart(look))

    assert any("baris per detik" in page for page in shown)
