"""The file of refused rows: as they were sent, with advice, ready to be sent again."""

from __future__ import annotations

import io

import pytest
from flask import Flask
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from agentsys import jobs
from agentsys.crypto import Vault
from agentsys.db import db
from agentsys.errors import Conflict, NotFound
from agentsys.rosters.storage import keep_refused, rejects
from agentsys.workers.models import Roster, RosterFile, RosterNote, RosterStatus
from tests.rosters.conftest import TITLES, Import, person, sheet, workbook


def _rows(content: bytes) -> list[list[list[object]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return [book.get_sheet_by_name(name).to_python() for name in book.sheet_names]


def _made(roster: Roster, vault: Vault) -> bytes:
    keep_refused(vault=vault, roster_id=roster.id)
    made = rejects(db.session(), vault=vault, roster_id=roster.id)
    assert made is not None
    return made


def test_refused_rows_come_back_as_they_came_with_what_to_do(
    bring_in: Import, vault: Vault
) -> None:
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

    first, second = _rows(_made(roster, vault))

    assert first[0] == [*TITLES, "Masalah", "Yang harus dilakukan"]
    assert first[1][:6] == ["2", "6474", "", "Selaras, 12-03-1980", "L", "081234567890"]
    assert first[1][6] == "Nama kosong; NIK tidak 16 angka"
    assert "16 angka" in str(first[1][7])
    assert first[2][1:3] == ["6474011203800003.0", "=1+1"]
    assert [row[1] for row in second[1:]] == ["6474011203800004"]


def test_rows_of_sheets_whose_names_differ_by_a_space_are_told_apart(
    bring_in: Import, vault: Vault
) -> None:
    roster = bring_in(
        workbook(
            {
                "Data": [TITLES, person(1), person(2, nik="22")],
                "Data ": [TITLES, person(3, nik="33"), person(4)],
            }
        )
    )

    first, second = _rows(_made(roster, vault))

    assert [row[1] for row in first[1:]] == ["22"]
    assert [row[1] for row in second[1:]] == ["33"]


def test_nothing_in_the_file_computes(bring_in: Import, vault: Vault) -> None:
    roster = bring_in(workbook({"A": [TITLES, person(1, nik="", name="=HYPERLINK(1)")]}))

    content = _made(roster, vault)

    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    assert book.get_sheet_by_index(0).to_python()[1][2] == "=HYPERLINK(1)"


def test_a_corrected_file_can_be_sent_again(bring_in: Import, vault: Vault) -> None:
    refused = bring_in(workbook({"A": [TITLES, person(1), person(2, nik="6474")]}))
    rows = _rows(_made(refused, vault))[0]
    rows[1][1] = "6474011203800002"

    again = bring_in(workbook({"A": rows}))

    assert (again.rows_total, again.created) == (1, 1)


@pytest.mark.parametrize("nik", [6474011203800010, 9171011203800010, 64740112038000100])
def test_a_nik_that_was_a_number_is_refused_again_until_it_is_corrected(
    nik: int, bring_in: Import, vault: Vault
) -> None:
    refused = bring_in(sheet(person(1, nik=nik)))

    again = bring_in(_made(refused, vault))

    assert (again.accepted, again.rejected) == (0, 1)
    problems = select(RosterNote.problem).where(RosterNote.roster_id == again.id)
    assert db.session.scalars(problems).all() == ["nik_is_number"]


def test_a_file_that_is_made_is_kept_and_not_made_again(bring_in: Import, vault: Vault) -> None:
    roster = bring_in(sheet(person(1, nik="6474")))
    before = rejects(db.session(), vault=vault, roster_id=roster.id)
    made = _made(roster, vault)

    kept = db.session.scalars(select(RosterFile.sealed)).one()

    assert before is None
    assert _made(roster, vault) == made
    assert db.session.scalars(select(RosterFile.sealed)).one() == kept


def test_a_roster_without_refusals_has_no_file(bring_in: Import, vault: Vault) -> None:
    roster = bring_in(sheet(person(1)))
    keep_refused(vault=vault, roster_id=roster.id)

    with pytest.raises(Conflict, match="Tidak ada baris"):
        rejects(db.session(), vault=vault, roster_id=roster.id)


def test_a_roster_that_failed_has_no_file(bring_in: Import, vault: Vault) -> None:
    roster = bring_in(b"<html>")
    keep_refused(vault=vault, roster_id=roster.id)

    with pytest.raises(Conflict, match="Tidak ada baris"):
        rejects(db.session(), vault=vault, roster_id=roster.id)


@pytest.mark.parametrize("status", [RosterStatus.WAITING, RosterStatus.RUNNING])
def test_a_roster_that_is_on_its_way_has_no_file_yet(
    status: RosterStatus, bring_in: Import, vault: Vault
) -> None:
    roster = bring_in(sheet(person(1, nik="6474")))
    roster.status = status
    db.session.commit()
    keep_refused(vault=vault, roster_id=roster.id)

    with pytest.raises(Conflict, match="belum selesai"):
        rejects(db.session(), vault=vault, roster_id=roster.id)


def test_the_job_that_imports_a_roster_makes_its_file(bring_in: Import, vault: Vault) -> None:
    roster = bring_in(sheet(person(1, nik="6474")))

    jobs.import_roster(roster.id)

    assert rejects(db.session(), vault=vault, roster_id=roster.id) is not None


def test_an_unknown_roster_has_no_file(installed: Flask, vault: Vault) -> None:
    keep_refused(vault=vault, roster_id=999)

    with pytest.raises(NotFound):
        rejects(db.session(), vault=vault, roster_id=999)
