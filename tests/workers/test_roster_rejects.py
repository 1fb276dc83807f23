"""The file of refused rows: as they came, with what to do, and ready to be sent again."""

from __future__ import annotations

import io

import pytest
from python_calamine import CalamineWorkbook

from agentsys.db import db
from agentsys.errors import NotFound
from agentsys.workers.roster_rejects import rejects_file
from tests.workers.conftest import TITLES, Import, person, workbook


def _rows(content: bytes) -> list[list[list[object]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return [book.get_sheet_by_name(name).to_python() for name in book.sheet_names]


def test_refused_rows_come_back_as_they_came_with_what_to_do(bring_in: Import) -> None:
    roster = bring_in(
        workbook(
            {
                "Api Biru": [
                    ["DAFTAR"],
                    TITLES,
                    person(1),
                    person(2, nik="6474", name=""),
                    person(3, nik=6474011203800003, name="=1+1"),
                ],
                "Lok Mawar": [TITLES, person(4, ttl="31-02-1980")],
            }
        )
    )
    assert roster.rejected == 3

    first, second = _rows(rejects_file(db.session(), roster_id=roster.id))

    assert first[0] == [*TITLES, "Masalah", "Yang harus dilakukan"]
    assert first[1][:6] == ["2", "6474", "", "Selaras, 12-03-1980", "L", "081234567890"]
    assert first[1][6] == "Nama kosong; NIK tidak 16 angka"
    assert "16 angka" in str(first[1][7])
    assert first[2][1:3] == ["6474011203800003", "=1+1"]
    assert [row[1] for row in second[1:]] == ["6474011203800004"]


def test_nothing_in_the_file_computes(bring_in: Import) -> None:
    roster = bring_in(workbook({"A": [TITLES, person(1, nik="", name="=HYPERLINK(1)")]}))

    content = rejects_file(db.session(), roster_id=roster.id)

    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    assert book.get_sheet_by_index(0).to_python()[1][2] == "=HYPERLINK(1)"


def test_a_corrected_file_can_be_sent_again(bring_in: Import) -> None:
    refused = bring_in(workbook({"A": [TITLES, person(1), person(2, nik="6474")]}))
    rows = _rows(rejects_file(db.session(), roster_id=refused.id))[0]
    rows[1][1] = "6474011203800002"

    again = bring_in(workbook({"A": rows}))

    assert (again.rows_total, again.created) == (1, 1)


def test_a_roster_without_refusals_gives_an_empty_file(bring_in: Import) -> None:
    roster = bring_in(workbook({"A": [TITLES, person(1)]}))

    assert _rows(rejects_file(db.session(), roster_id=roster.id)) == [[]]


def test_an_unknown_roster_has_no_file(bring_in: Import) -> None:
    with pytest.raises(NotFound):
        rejects_file(db.session(), roster_id=999)
