"""The enrolment form and a list give the same answer to the same person."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from agentsys import clock
from agentsys.crypto import Vault
from agentsys.db import db, transaction
from agentsys.rosters.problems import PROBLEMS
from tests.conftest import Visitor
from tests.factories import make_agent, make_worker
from tests.rosters.conftest import Import, workbook
from tests.rosters.imported import notes_of
from tests.web.agent.due_workers import enrol_form

CASES = list(csv.DictReader((Path(__file__).parent / "same_answers.csv").read_text().splitlines()))
TITLES = ["NIK", "NAMA", "TANGGAL LAHIR", "JENIS KELAMIN", "PEKERJAAN", "PENGHASILAN"]
COLUMNS = ("nik", "name", "birth_date", "sex", "job", "income")
# Repairs are a list's own: what is tidied there is typed right in a form.
REPAIRS = {code for code, problem in PROBLEMS.items() if problem.effect.value == "repaired"}


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda: moment)


def by_list(bring_in: Import) -> list[tuple[str, set[str]]]:
    """What an import does with each case: its outcome and the codes of its notes."""
    rows = [[case[name].replace("{n}", "2") for name in COLUMNS] for case in CASES]
    roster = bring_in(workbook({"DAFTAR": [TITLES, *rows]}))
    notes = [note for note in notes_of(roster) if note.problem not in REPAIRS]
    answers = []
    for number in range(2, len(CASES) + 2):
        of_row = [note for note in notes if note.row == number]
        refused = any(note.rejected for note in of_row)
        outcome = "refused" if refused else "warned" if of_row else "taken"
        answers.append((outcome, {note.problem for note in of_row}))
    assert roster.accepted == sum(outcome != "refused" for outcome, _ in answers)
    return answers


def by_form(visitor: Visitor, case: dict[str, str]) -> tuple[str, str]:
    """What the form does with a case, and the page that says it."""
    typed = enrol_form(
        **{name: case[name].replace("{n}", "3") for name in COLUMNS if name != "income"},
        income_idr=case["income"],
    )
    first = visitor.submit("/daftarkan", **typed)
    if first.status_code == 302:
        return "taken", ""
    page = " ".join(unescape(first.get_data(as_text=True)).split())
    again = visitor.submit("/daftarkan", **typed, confirm_warnings="y")
    return "warned" if again.status_code == 302 else "refused", page


def test_form_and_list_agree_about_every_case(committed: Flask, bring_in: Import) -> None:
    with transaction() as session:
        user = make_agent(session).user
        db.session.expunge(user)
    committed.test_client_class = Visitor
    visitor = committed.test_client()
    visitor.sign_in(user)

    lists = by_list(bring_in)
    for case, (outcome, codes) in zip(CASES, lists, strict=True):
        wanted = {code for code in case["codes"].split(";") if code}
        assert (outcome, codes) == (case["outcome"], wanted), case["case"]
        with transaction() as session:  # the form asks of people alike whether they are one
            session.execute(text("UPDATE workers SET name = md5(CAST(id AS text))"))
        said, page = by_form(visitor, case)
        assert said == case["outcome"], case["case"]
        assert all(PROBLEMS[code].advice in page for code in wanted), case["case"]


def test_who_is_a_member_already_is_not_asked_again(
    bring_in: Import, office_id: int, vault: Vault
) -> None:
    with transaction() as session:
        agent = make_agent(session, office_id=office_id)
        born = date(1950, 3, 12)
        known = {"nik": "6474011203500001", "name": "Andi Baso", "birth_date": born}
        make_worker(session, vault, agent=agent, **known)
    member = ["6474011203500001", "Andi Baso", "1950-03-12", "L", "Karyawan", "50000"]
    stranger = ["6474011203500002", "Andi Besse", "1950-03-12", "L", "Petani", "1500000"]

    roster = bring_in(workbook({"DAFTAR": [TITLES, member, stranger]}))

    assert (roster.accepted, roster.rejected) == (1, 1)
    asked = {note.row for note in notes_of(roster) if note.problem == "too_old"}
    assert asked == {3}
