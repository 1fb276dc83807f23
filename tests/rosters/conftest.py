"""Rosters made for a test, and a way to import them with real commits."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter
from flask import Flask

from agentsys.crypto import Vault
from agentsys.db import transaction
from agentsys.demo.roster import write_roster
from agentsys.demo.roster_damage import Damage
from agentsys.people.models import RoleName
from agentsys.rosters import looking
from agentsys.rosters.importing import check_roster, import_roster, store_upload
from agentsys.workers.models import Funding, Programmes, Roster
from tests.factories import make_office, make_user
from tests.rosters.steps import Ids, S, confirm, status

MONTH = date(2026, 11, 1)
TITLES = ["NO", "NIK", "NAMA LENGKAP", "TTL", "JENIS KELAMIN", "NO HP"]
Rows = Sequence[Sequence[object]]
Import = Callable[..., Roster]


def person(serial: int = 1, name: str = "Andi Baso", **changed: object) -> list[object]:
    """A complete row for TITLES."""
    row = {
        "no": serial,
        "nik": f"647401120380{serial:04}",
        "name": name,
        "ttl": "Selaras, 12-03-1980",
        "sex": "L",
        "phone": "081234567890",
    } | changed
    return list(row.values())


def workbook(
    sheets: dict[str, Rows],
    *,
    hidden_rows: Sequence[int] = (),
    hidden_columns: Sequence[int] = (),
    merged: Sequence[tuple[int, int, int, str]] = (),
) -> bytes:
    """An .xlsx with these sheets; text cells stay text.

    Rows and columns count from 0. Each of `merged` is a first and last row, a column and a text.
    """
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                for at, cell in enumerate(row):
                    if isinstance(cell, str):
                        sheet.write_string(number, at, cell)
                    elif isinstance(cell, int | float):
                        sheet.write_number(number, at, cell)
            for first, last, at, text in merged:
                sheet.merge_range(first, at, last, at, text)
            for number in hidden_rows:
                sheet.set_row(number, None, None, {"hidden": True})
            for at in hidden_columns:
                sheet.set_column(at, at, None, None, {"hidden": True})
    return out.getvalue()


def sheet(*people: Sequence[object]) -> bytes:
    """An .xlsx of one sheet with the titles and these rows."""
    return workbook({"DAFTAR": [TITLES, *people]})


def store(vault: Vault, office_id: int, content: bytes, **changed: object) -> int:
    """The id of a list that was uploaded and waits."""
    given = {
        "agent_id": None,
        "filename": "daftar.xlsx",
        "programmes": Programmes.TWO,
        "funding": Funding.APBD,
        "from_month": MONTH,
        "actor_id": None,
    } | changed
    with transaction() as session:
        return store_upload(
            session,
            vault=vault,
            office_id=office_id,
            content=content,
            **given,  # type: ignore[arg-type]
        ).id


@pytest.fixture
def installed(committed: Flask) -> Iterator[Flask]:
    """The app in its context, with real commits."""
    with committed.app_context():
        yield committed


@pytest.fixture
def office_id(installed: Flask) -> int:
    """An office."""
    with transaction() as session:
        return make_office(session).id


@pytest.fixture
def bring_in(installed: Flask, vault: Vault, office_id: int) -> Import:
    """A function that uploads and imports a file and returns the roster."""

    def run(content: bytes, **options: object) -> Roster:
        office = options.pop("office_id", office_id)
        names = {
            *("agent_id", "from_month", "funding", "actor_id", "ecosystem", "group_id")
        } & options.keys()
        given = {name: options.pop(name) for name in names}
        roster_id = store(vault, office, content, **given)  # type: ignore[arg-type]
        return import_roster(vault=vault, roster_id=roster_id, **options)  # type: ignore[arg-type]

    return run


@pytest.fixture(scope="session")
def damaged_roster(
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[str], tuple[Path, list[Damage]]]:
    """A function that returns a roster of 2,000 rows with deliberate errors, by suffix."""
    made: dict[str, tuple[Path, list[Damage]]] = {}

    def of(suffix: str) -> tuple[Path, list[Damage]]:
        if suffix not in made:
            path = tmp_path_factory.mktemp("roster") / f"daftar{suffix}"
            made[suffix] = path, write_roster(path, rows=2000, seed=7, damage_share=0.06)
        return made[suffix]

    return of


@pytest.fixture
def two(office_id: int) -> Ids:
    """Two users of the office: who sends, and who approves."""
    with transaction() as session:
        return (
            make_user(session, RoleName.ADMIN, office_id=office_id).id,
            make_user(session, RoleName.ADMIN, office_id=office_id).id,
        )


@pytest.fixture
def send(installed: Flask, vault: Vault, office_id: int, two: Ids) -> Callable[..., int]:
    """A function that uploads a file, and lets its columns be looked at; returns the list's id."""

    def upload(content: bytes, **changed: object) -> int:
        given = {"at_once": False, "actor_id": two[0]} | changed
        roster_id = store(vault, office_id, content, **given)
        looking.look_at(vault=vault, roster_id=roster_id)
        return roster_id

    return upload


@pytest.fixture
def check(send: Callable[..., int], vault: Vault, two: Ids) -> Callable[..., int]:
    """A function that brings a file as far as its check; returns the list's id."""

    def run(content: bytes, **changed: object) -> int:
        roster_id = send(content, **changed)
        if status(roster_id) is S.MAPPING:
            confirm(roster_id, two[0])
        check_roster(vault=vault, roster_id=roster_id)
        return roster_id

    return run
