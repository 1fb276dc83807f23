"""What follows the check of a list: its import, and the second person."""

from __future__ import annotations

import pytest

from agentsys.sheets.reader import read_sheets
from agentsys.workers.models import RosterStatus
from tests.rosters.conftest import person, sheet
from tests.web.lists.conftest import Staff

CHANGED = sheet(person(1, phone="0813-1111-2222"), person(2))


@pytest.fixture
def proposed(staff: Staff) -> str:
    """A list that changes a registered worker, and waits for a second person."""
    staff.imported(sheet(person(1)))
    path = staff.checked(CHANGED)
    staff["sender"].submit(f"{path}/langkah", action="import")
    assert staff.status(path) is RosterStatus.PROPOSED
    return path


def test_the_check_says_what_would_happen_and_stores_nobody(staff: Staff) -> None:
    path = staff.checked(sheet(person(1), person(2), ["3", "12", "Salah"]))

    page = staff.page(path)

    assert "Ini pemeriksaan saja: data pekerja belum diubah." in page
    assert "Contoh pekerja baru" in page
    assert "Impor sekarang" in page
    assert "NIK harus 16 angka" in page
    assert staff.workers == 0


def test_who_is_changed_is_shown_before_and_after_also_in_the_file(staff: Staff) -> None:
    staff.imported(sheet(person(1)))
    path = staff.checked(CHANGED)

    page = staff.page(path)
    book = staff["sender"].get(f"{path}/pemeriksaan.xlsx").data

    assert "orang kedua harus menyetujuinya" in page
    assert "Impor sekarang" not in page
    [_counts, changes, _new] = [list(read.rows) for read in read_sheets(book)]
    cells = [str(cell) for row in changes for cell in row]
    assert {"+6281234567890", "+6281311112222"} <= set(cells)
    assert not any("6474011203800001" in cell for cell in cells)


def test_a_list_of_new_people_is_imported_by_one_and_only_once(staff: Staff) -> None:
    path = staff.checked(sheet(person(1), person(2)))

    for who in ("sender", "sender", "other"):
        staff[who].submit(f"{path}/langkah", action="import")

    assert staff.work() == ["import_roster"]
    assert staff.status(path) is RosterStatus.DONE
    assert staff.workers == 2


def test_pressing_a_button_that_is_no_longer_there_is_explained(staff: Staff) -> None:
    path = staff.imported(sheet(person(1)))

    answer = staff["sender"].submit(f"{path}/langkah", action="import", follow_redirects=True)

    assert answer.status_code == 200
    assert 'class="notice error"' in answer.get_data(as_text=True)
    assert staff.work() == []


def test_a_list_that_changes_nobody_is_not_imported(staff: Staff) -> None:
    staff.imported(sheet(person(1)))
    path = staff.checked(sheet(person(1), ["2", "12", "Salah"]))
    assert "Tidak ada yang baru atau berubah" in staff.page(path)

    answer = staff["sender"].submit(f"{path}/langkah", action="import", follow_redirects=True)

    assert "tidak perlu diimpor" in answer.get_data(as_text=True)
    assert staff.work() == []


def test_who_sent_a_list_may_not_approve_it(staff: Staff, proposed: str) -> None:
    page = staff.page(proposed)
    assert "Anda yang mengirim, jadi orang lain yang memutuskan." in page
    assert "Setujui dan impor" not in page

    seen = staff.page(proposed, who="other").split('name="seen" value="')[1].split('"')[0]

    answer = staff["sender"].submit(f"{proposed}/keputusan", action="approve", seen=seen)

    assert answer.status_code == 403
    assert staff.status(proposed) is RosterStatus.PROPOSED


@pytest.mark.parametrize(("who", "status"), [("agent", 403), ("auditor", 403), ("stranger", 404)])
def test_others_do_not_decide(staff: Staff, proposed: str, who: str, status: int) -> None:
    seen = staff.page(proposed, who="other").split('name="seen" value="')[1].split('"')[0]

    for action in ("approve", "refuse"):
        answer = staff[who].submit(f"{proposed}/keputusan", action=action, note="tidak", seen=seen)
        assert answer.status_code == status
    assert staff.status(proposed) is RosterStatus.PROPOSED


def test_the_second_person_approves_and_it_is_imported_once(staff: Staff, proposed: str) -> None:
    assert "Setujui dan impor" in staff.page(proposed, who="other")

    for who in ("other", "finance"):
        staff.approve(proposed, who=who)

    assert staff.work() == ["import_roster"]
    roster = staff.roster(proposed)
    assert (roster.created, roster.changed) == (1, 1)
    assert roster.decided_by == staff.ids["other"]


def test_an_approval_of_an_older_check_is_refused(staff: Staff, proposed: str) -> None:
    page = staff.page(proposed, who="other")
    seen = page.split('name="seen" value="')[1].split('"')[0]
    staff.confirm(proposed, **{"NO HP": "phone"})  # the sender lets it be checked anew
    staff.work()
    staff["sender"].submit(f"{proposed}/langkah", action="import")

    answer = staff["other"].submit(
        f"{proposed}/keputusan", action="approve", seen=seen, follow_redirects=True
    )

    assert "diperiksa lagi sejak Anda melihatnya" in answer.get_data(as_text=True)
    assert staff.status(proposed) is RosterStatus.PROPOSED


def test_a_returned_list_goes_back_to_its_sender_with_the_reason(
    staff: Staff, proposed: str
) -> None:
    other = staff["other"]
    empty = other.submit(f"{proposed}/keputusan", action="refuse", note=" ", follow_redirects=True)
    assert "Tulis alasan mengembalikan" in empty.get_data(as_text=True)

    other.submit(f"{proposed}/keputusan", action="refuse", note="nomor HP tampak lama")

    page = staff.page(proposed)
    assert "nomor HP tampak lama" in page
    assert "Minta persetujuan" in page
    staff["sender"].submit(f"{proposed}/langkah", action="import")
    assert staff.status(proposed) is RosterStatus.PROPOSED
    assert "nomor HP tampak lama" not in staff.page(proposed, who="other")


@pytest.mark.parametrize("path", ["langkah", "keputusan"])
def test_a_step_that_does_not_exist_is_not_found(staff: Staff, path: str) -> None:
    where = staff.checked(sheet(person(1)))

    assert staff["sender"].submit(f"{where}/{path}", action="delete").status_code == 404


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"%PDF-1.4\n1 0 obj << /Type /Catalog >> endobj", "Kolom NIK dan NAMA"),
        (b"Kepada Yth. Kepala Dinas\ndi tempat\n", "Kolom NIK dan NAMA"),
        (b"<html><table><tr><td>NIK</td></tr></table>", "halaman web, bukan Excel"),
        (b"PK\x03\x04 bukan zip", "rusak"),
    ],
)
def test_a_file_that_is_no_list_says_what_is_wrong_and_can_be_sent_again(
    staff: Staff, content: bytes, told: str
) -> None:
    path = staff.upload(content, name="surat.xlsx")
    staff.work()

    assert staff.status(path) is RosterStatus.FAILED
    page = staff.page(path)
    assert told in page
    assert "Langkah berikut" not in page
    assert staff.upload(content, name="surat.xlsx") != path
