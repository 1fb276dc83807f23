"""The file of refused rows: as they came, with what to do, and ready to be sent again."""

from __future__ import annotations

import io

import pytest
from flask import Flask
from python_calamine import CalamineWorkbook
from sqlalchemy import update

from agentsys import jobs
from agentsys.db import db
from agentsys.errors import Conflict, NotFound
from agentsys.workers.models import Roster, RosterFile, RosterStatus
from agentsys.workers.roster_rejects import make_rejects, rejects_file
from tests.workers.conftest import TITLES, Import, person, sheet, workbook


def _rows(content: bytes) -> list[list[list[object]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return [book.get_sheet_by_name(name).to_python() for name in book.sheet_names]


def _made(roster: Roster) -> bytes:
    make_rejects(roster_id=roster.id)
    made = rejects_file(db.session(), roster_id=roster.id)
    assert made is not None
    return made


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

    first, second = _rows(_made(roster))

    assert first[0] == [*TITLES, "Masalah", "Yang harus dilakukan"]
    assert first[1][:6] == ["2", "6474", "", "Selaras, 12-03-1980", "L", "081234567890"]
    assert first[1][6] == "Nama kosong; NIK tidak 16 angka"
    assert "16 angka" in str(first[1][7])
    assert first[2][1:3] == ["6474011203800003", "=1+1"]
    assert [row[1] for row in second[1:]] == ["6474011203800004"]


def test_nothing_in_the_file_computes(bring_in: Import) -> None:
    roster = bring_in(workbook({"A": [TITLES, person(1, nik="", name="=HYPERLINK(1)")]}))

    content = _made(roster)

    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    assert book.get_sheet_by_index(0).to_python()[1][2] == "=HYPERLINK(1)"


def test_a_corrected_file_can_be_sent_again(bring_in: Import) -> None:
    refused = bring_in(workbook({"A": [TITLES, person(1), person(2, nik="6474")]}))
    rows = _rows(_made(refused))[0]
    rows[1][1] = "6474011203800002"

    again = bring_in(workbook({"A": rows}))

    assert (again.rows_total, again.created) == (1, 1)


def test_a_file_that_is_made_is_kept_and_not_made_again(bring_in: Import) -> None:
    roster = bring_in(sheet(person(1, nik="6474")))
    before = rejects_file(db.session(), roster_id=roster.id)
    made = _made(roster)

    db.session.execute(update(RosterFile).values(content=b""))
    db.session.commit()

    assert before is None
    assert _made(roster) == made


def test_a_roster_without_refusals_has_no_file(bring_in: Import) -> None:
    roster = bring_in(sheet(person(1)))
    make_rejects(roster_id=roster.id)

    with pytest.raises(Conflict, match="Tidak ada baris"):
        rejects_file(db.session(), roster_id=roster.id)


def test_a_roster_that_failed_has_no_file(bring_in: Import) -> None:
    roster = bring_in(b"<html>")
    make_rejects(roster_id=roster.id)

    with pytest.raises(Conflict, match="Tidak ada baris"):
        rejects_file(db.session(), roster_id=roster.id)


@pytest.mark.parametrize("status", [RosterStatus.WAITING, RosterStatus.RUNNING])
def test_a_roster_that_is_on_its_way_has_no_file_yet(
    status: RosterStatus, bring_in: Import
) -> None:
    roster = bring_in(sheet(person(1, nik="6474")))
    roster.status = status
    db.session.commit()
    make_rejects(roster_id=roster.id)

    with pytest.raises(Conflict, match="belum selesai"):
        rejects_file(db.session(), roster_id=roster.id)


def test_the_job_that_imports_a_roster_makes_its_file(bring_in: Import) -> None:
    roster = bring_in(sheet(person(1, nik="6474")))

    jobs.import_roster(roster.id)

    assert rejects_file(db.session(), roster_id=roster.id) is not None


def test_an_unknown_roster_has_no_file(house: Flask) -> None:
    make_rejects(roster_id=999)

    with pytest.raises(NotFound):
        rejects_file(db.session(), roster_id=999)
