"""The page on which the columns of a list are matched with what they hold."""

from __future__ import annotations

import pytest

from agentsys.workers.models import RosterStatus
from tests.rosters.conftest import TITLES, person, sheet, workbook
from tests.web.lists.conftest import Staff

TWO_NUMBERS = ["NO", "NIK", "NAMA LENGKAP", "TTL", "JENIS KELAMIN", "NO HP", "NO TELEPON RUMAH"]


def test_each_column_shows_its_samples_and_what_it_seems_to_hold(staff: Staff) -> None:
    path = staff.upload(sheet(person(1), person(2, name="Daeng Rannu")))
    assert staff.work() == ["read_list"]
    assert "Cocokkan dulu setiap kolom" in staff.page(path)

    page = staff.page(f"{path}/kolom")

    assert all(title in page for title in TITLES)
    assert "Daeng Rannu" in page
    assert 'value="name" selected' in page
    assert "Tidak dibaca: NO" in page
    assert staff.workers == 0


def test_two_columns_for_one_thing_are_refused_and_both_are_named(staff: Staff) -> None:
    path = staff.upload(workbook({"A": [TWO_NUMBERS, [*person(1), "0541-223344"]]}))
    staff.work()

    answer = staff.confirm(path, **{"NO TELEPON RUMAH": "phone"})

    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert "Kolom NO HP dan NO TELEPON RUMAH dipilih untuk isi yang sama" in page
    assert page.count('value="phone" selected') == 2  # what was chosen stays on the page
    assert staff.status(path) is RosterStatus.MAPPING


@pytest.mark.parametrize("left_out", ["NIK", "NAMA LENGKAP"])
def test_without_nik_or_name_nothing_is_checked(staff: Staff, left_out: str) -> None:
    path = staff.upload(sheet(person(1)))
    staff.work()

    answer = staff.confirm(path, **{left_out: ""})

    assert answer.status_code == 422
    assert "Pilih kolom NIK dan kolom nama" in answer.get_data(as_text=True)
    assert staff.work() == []


def test_a_field_that_does_not_exist_is_refused(staff: Staff) -> None:
    path = staff.upload(sheet(person(1)))
    staff.work()

    answer = staff.confirm(path, NO="password")

    assert answer.status_code == 422
    assert "Pilih isi kolom dari daftar" in answer.get_data(as_text=True)


def test_the_next_list_with_these_titles_goes_straight_to_its_check(staff: Staff) -> None:
    path = staff.upload(workbook({"A": [TWO_NUMBERS, [*person(1), "0541-223344"]]}))
    staff.work()
    staff.confirm(path, **{"NO HP": "", "NO TELEPON RUMAH": "phone"})
    staff.work()

    other = staff.upload(workbook({"A": [TWO_NUMBERS, [*person(2), "0541-556677"]]}))
    staff.work()

    assert staff.status(other) is RosterStatus.CHECKED
    assert "Tidak dibaca: NO, NO HP" in staff.page(f"{other}/kolom")


def test_columns_are_chosen_again_after_the_check_and_it_is_made_anew(staff: Staff) -> None:
    path = staff.checked(sheet(person(1)))

    assert staff.confirm(path, **{"NO HP": ""}).status_code == 302
    assert staff.status(path) is RosterStatus.CHECKING
    assert staff.work() == ["check_list"]

    assert staff.status(path) is RosterStatus.CHECKED
    assert staff.roster(path).mapping["NO HP"] == ""


def test_the_columns_of_an_imported_list_stay_as_they_were(staff: Staff) -> None:
    path = staff.imported(sheet(person(1)))

    answer = staff.confirm(path, **{"NO HP": ""})

    assert answer.status_code == 422
    assert staff.roster(path).mapping["NO HP"] == "phone"
    assert "Kolom tidak dapat diubah lagi" in staff.page(f"{path}/kolom")


@pytest.mark.parametrize(("taken", "people"), [({}, 1), ({"hidden": "1"}, 2)])
def test_hidden_rows_are_told_and_read_only_if_the_sender_says_so(
    staff: Staff, taken: dict[str, str], people: int
) -> None:
    content = workbook({"A": [TITLES, person(1), person(2)]}, hidden_rows=[2])
    path = staff.upload(content)
    staff.work()
    page = staff.page(f"{path}/kolom")
    assert "1 baris disembunyikan" in page

    fields = dict(enumerate(staff.roster(path).mapping.values()))
    chosen = {f"kolom-{number}": name for number, name in fields.items()}
    staff["sender"].submit(f"{path}/kolom", **chosen | taken)
    staff.work()

    assert staff.roster(path).created == people


@pytest.mark.parametrize(
    ("who", "status"), [("agent", 403), ("auditor", 403), ("finance", 404), ("stranger", 404)]
)
def test_only_who_may_send_lists_of_this_office_confirms_columns(
    staff: Staff, who: str, status: int
) -> None:
    path = staff.upload(sheet(person(1)))
    staff.work()

    assert staff.confirm(path, who=who).status_code == status
    assert staff.status(path) is RosterStatus.MAPPING


def test_two_people_who_confirm_columns_at_once_queue_one_check(staff: Staff) -> None:
    path = staff.upload(sheet(person(1)))
    staff.work()

    first, second = staff.confirm(path), staff.confirm(path, who="other", **{"NO HP": ""})

    assert (first.status_code, second.status_code) == (302, 422)
    assert staff.roster(path).mapping["NO HP"] == "phone"
    assert staff.work() == ["check_list"]
