"""Sheets, rows that are no data, columns, and what notes show."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from agentsys.db import db
from agentsys.demo.roster_damage import Damage
from tests.rosters.conftest import TITLES, Import, person, sheet, workbook
from tests.rosters.imported import notes_of, only_worker

Damaged = Callable[[str], tuple[Path, list[Damage]]]


def test_two_sheets_are_one_roster_and_repetitions_are_found_across_them(
    bring_in: Import,
) -> None:
    content = workbook(
        {
            "PETUNJUK": [["Isi lembar berikut"]],
            "Api Biru": [["KELURAHAN API BIRU"], TITLES, person(1), person(2)],
            "Lok Mawar": [TITLES, person(2), person(3), person(1, name="Lain Orang")],
            "kosong": [],
        }
    )

    roster = bring_in(content)

    assert (roster.rows_total, roster.created, roster.unchanged, roster.rejected) == (5, 3, 1, 1)
    notes = {(n.sheet, n.row, n.problem) for n in notes_of(roster)}
    assert notes == {
        ("PETUNJUK", 1, "sheet_ignored"),
        ("Lok Mawar", 2, "duplicate_same"),
        ("Lok Mawar", 4, "duplicate_differs"),
    }
    where = {n.problem: n.shown for n in notes_of(roster)}["duplicate_differs"]
    assert where == "6474••••••••0001 (Api Biru, baris 3)"


def test_blank_rows_totals_and_signatures_are_no_data(bring_in: Import) -> None:
    numbers, unused, signature = [1, 2, 3, 4, 5, 6], [2, "", ""], ["", "", "", "Lurah"]
    content = workbook({"A": [TITLES, numbers, person(1), [], unused, person(3), signature]})

    roster = bring_in(content)

    assert (roster.rows_total, roster.created) == (2, 2)


def test_a_row_of_somebody_without_nik_and_name_is_refused_and_not_left_out(
    bring_in: Import,
) -> None:
    dated = ["", "", "", "Bontang, 12 November 2026", "", ""]

    roster = bring_in(sheet(person(1), person(2, nik="", name=" "), dated))

    assert (roster.rows_total, roster.accepted, roster.rejected) == (2, 1, 1)
    problems = {(n.row, n.problem) for n in notes_of(roster)}
    assert problems == {(3, "nik_missing"), (3, "name_missing")}


@pytest.mark.parametrize("titles", [["TTL", "TANGGAL"], ["ALAMAT", "TGL"]])
def test_a_column_of_dates_that_are_no_births_is_not_taken_for_births(
    titles: list[str], bring_in: Import
) -> None:
    row = ["6474011203800001", "Andi", "Selaras, 12-03-1980", "20-11-2026"]

    roster = bring_in(workbook({"A": [["NIK", "NAMA", *titles], row]}))

    assert roster.created == 1
    assert only_worker().birth_date == date(1980, 3, 12)
    assert notes_of(roster) == []


def test_a_phone_that_was_left_out_comes_in_as_its_note_says(bring_in: Import) -> None:
    [note] = notes_of(bring_in(sheet(person(phone="0548-21123"))))
    assert (note.problem, note.advice[-26:]) == ("phone_dropped", "lalu unggah lagi barisnya.")
    assert only_worker().phone == ""

    again = bring_in(sheet(person()))

    db.session.expire_all()
    assert (again.changed, only_worker().phone) == (1, "+6281234567890")


def test_notes_never_show_a_whole_nik(damaged_roster: Damaged, bring_in: Import) -> None:
    path, damages = damaged_roster(".xlsx")

    roster = bring_in(path.read_bytes())

    shown = "\n".join(note.shown for note in notes_of(roster))
    assert not any(damage.truth in shown or damage.truth[:12] in shown for damage in damages)


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"phone": "6474 0112 0380 0002"}, "phone_dropped"),
        ({"name": "6474011203800002"}, "name_unreadable"),
        ({"name": "=6474.0112.0380.0002 Andi"}, "name_repaired"),
        ({"ttl": "Bontang, 6474011203800002"}, "birth_date_unreadable"),
        ({"phone": "x" * 110 + "6474011203800002"}, "phone_dropped"),
    ],
)
def test_a_nik_in_another_column_is_masked_in_its_note(
    changed: dict[str, object], problem: str, bring_in: Import
) -> None:
    roster = bring_in(sheet(person(1, **changed)))

    (shown,) = {note.shown for note in notes_of(roster) if note.problem == problem}
    assert "6474••••" in shown
    assert "0112" not in shown


def test_the_database_takes_no_note_with_a_whole_nik(bring_in: Import) -> None:
    roster = bring_in(sheet(person(1, phone="rumah")))
    (note,) = notes_of(roster)

    note.shown = "rumah 6474 0112 0380 0002"

    with pytest.raises(IntegrityError, match="shown_holds_no_nik"):
        db.session.flush()
    db.session.rollback()


def test_many_niks_that_end_in_zero_are_pointed_out(bring_in: Import) -> None:
    suspicious = sheet(*(person(10 * serial) for serial in range(1, 41)))
    ordinary = sheet(*(person(serial) for serial in range(1, 41)))

    flagged = bring_in(suspicious)
    plain = bring_in(ordinary)

    assert [n.problem for n in notes_of(flagged)] == ["niks_end_in_zero"]
    assert notes_of(plain) == []
