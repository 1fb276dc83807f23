"""The page on which the columns of a list are matched with what they hold."""

from __future__ import annotations

import pytest

from agentsys.workers.models import RosterStatus
from tests.rosters.conftest import TITLES, person, sheet, workbook
from tests.web.lists.conftest import Desk

TWO_NUMBERS = ["NO", "NIK", "NAMA LENGKAP", "TTL", "JENIS KELAMIN", "NO HP", "NO TELEPON RUMAH"]


def test_each_column_shows_its_samples_and_what_it_seems_to_hold(desk: Desk) -> None:
    path = desk.upload(sheet(person(1), person(2, name="Daeng Rannu")))
    assert desk.work() == ["read_list"]
    assert "Cocokkan dulu setiap kolom" in desk.page(path)

    page = desk.page(f"{path}/kolom")

    assert all(title in page for title in TITLES)
    assert "Daeng Rannu" in page
    assert 'value="name" selected' in page
    assert "Tidak dibaca: NO" in page
    assert desk.workers == 0


def test_two_columns_for_one_thing_are_refused_and_both_are_named(desk: Desk) -> None:
    path = desk.upload(workbook({"A": [TWO_NUMBERS, [*person(1), "0541-223344"]]}))
    desk.work()

    answer = desk.confirm(path, **{"NO TELEPON RUMAH": "phone"})

    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert "Kolom NO HP dan NO TELEPON RUMAH dipilih untuk isi yang sama" in page
    assert page.count('value="phone" selected') == 2  # what was chosen stays on the page
    assert desk.status(path) is RosterStatus.MAPPING


@pytest.mark.parametrize("left_out", ["NIK", "NAMA LENGKAP"])
def test_without_nik_or_name_nothing_is_checked(desk: Desk, left_out: str) -> None:
    path = desk.upload(sheet(person(1)))
    desk.work()

    answer = desk.confirm(path, **{left_out: ""})

    assert answer.status_code == 422
    assert "Pilih kolom NIK dan kolom nama" in answer.get_data(as_text=True)
    assert desk.work() == []


def test_a_field_that_does_not_exist_is_refused(desk: Desk) -> None:
    path = desk.upload(sheet(person(1)))
    desk.work()

    answer = desk.confirm(path, NO="password")

    assert answer.status_code == 422
    assert "Pilih isi kolom dari daftar" in answer.get_data(as_text=True)


def test_the_next_list_with_these_titles_goes_straight_to_its_check(desk: Desk) -> None:
    path = desk.upload(workbook({"A": [TWO_NUMBERS, [*person(1), "0541-223344"]]}))
    desk.work()
    desk.confirm(path, **{"NO HP": "", "NO TELEPON RUMAH": "phone"})
    desk.work()

    other = desk.upload(workbook({"A": [TWO_NUMBERS, [*person(2), "0541-556677"]]}))
    desk.work()

    assert desk.status(other) is RosterStatus.CHECKED
    assert "Tidak dibaca: NO, NO HP" in desk.page(f"{other}/kolom")


def test_columns_are_chosen_again_after_the_check_and_it_is_made_anew(desk: Desk) -> None:
    path = desk.checked(sheet(person(1)))

    assert desk.confirm(path, **{"NO HP": ""}).status_code == 302
    assert desk.status(path) is RosterStatus.CHECKING
    assert desk.work() == ["check_list"]

    assert desk.status(path) is RosterStatus.CHECKED
    assert desk.roster(path).mapping["NO HP"] == ""


def test_the_columns_of_an_imported_list_stay_as_they_were(desk: Desk) -> None:
    path = desk.imported(sheet(person(1)))

    answer = desk.confirm(path, **{"NO HP": ""})

    assert answer.status_code == 422
    assert desk.roster(path).mapping["NO HP"] == "phone"
    assert "Kolom tidak dapat diubah lagi" in desk.page(f"{path}/kolom")


@pytest.mark.parametrize(("taken", "people"), [({}, 1), ({"hidden": "1"}, 2)])
def test_hidden_rows_are_told_and_read_only_if_the_sender_says_so(
    desk: Desk, taken: dict[str, str], people: int
) -> None:
    content = workbook({"A": [TITLES, person(1), person(2)]}, hidden_rows=[2])
    path = desk.upload(content)
    desk.work()
    page = desk.page(f"{path}/kolom")
    assert "1 baris disembunyikan" in page

    fields = dict(enumerate(desk.roster(path).mapping.values()))
    chosen = {f"kolom-{number}": name for number, name in fields.items()}
    desk["sender"].submit(f"{path}/kolom", **chosen | taken)
    desk.work()

    assert desk.roster(path).created == people


@pytest.mark.parametrize(
    ("who", "status"), [("agent", 403), ("auditor", 403), ("finance", 403), ("stranger", 404)]
)
def test_only_who_may_send_lists_of_this_office_confirms_columns(
    desk: Desk, who: str, status: int
) -> None:
    path = desk.upload(sheet(person(1)))
    desk.work()

    assert desk.confirm(path, who=who).status_code == status
    assert desk.status(path) is RosterStatus.MAPPING


def test_two_people_who_confirm_columns_at_once_queue_one_check(desk: Desk) -> None:
    path = desk.upload(sheet(person(1)))
    desk.work()

    first, second = desk.confirm(path), desk.confirm(path, who="other", **{"NO HP": ""})

    assert (first.status_code, second.status_code) == (302, 422)
    assert desk.roster(path).mapping["NO HP"] == "phone"
    assert desk.work() == ["check_list"]
