"""A child process reads the list, and its failure ends the import."""

from __future__ import annotations

import subprocess
import sys
from datetime import date

import pytest

from agentsys.crypto import Vault
from agentsys.rosters.people import read_batches
from agentsys.rosters.process import read_apart
from agentsys.sheets.refusals import FileRefused
from agentsys.workers.models import Programmes, RosterStatus
from tests.rosters.conftest import Import, person, sheet

TODAY = date(2026, 11, 25)


def test_what_is_read_apart_is_what_is_read_here(vault: Vault) -> None:
    content = sheet(*(person(serial) for serial in range(1, 1_500)), person(7), person(8, nik="1"))
    given = {
        "vault": vault,
        "today": TODAY,
        "row_limit": 5_000,
        "programmes": Programmes.TWO,
    }

    here, apart = list(read_batches(content, **given)), list(read_apart(content, **given))

    assert [(b.rows, b.notes, b.repaired, b.expected) for b in apart] == [
        (b.rows, b.notes, b.repaired, b.expected) for b in here
    ]
    assert [[(e.row, e.nik_index, e.income_idr) for e in b.entries] for b in apart] == [
        [(e.row, e.nik_index, e.income_idr) for e in b.entries] for b in here
    ]


def test_a_refusal_comes_over_with_its_figures(vault: Vault) -> None:
    content = sheet(*(person(serial) for serial in range(1, 20)))

    with pytest.raises(FileRefused, match="lebih dari 5 baris"):
        list(read_apart(content, vault=vault, today=TODAY, row_limit=5, programmes=Programmes.TWO))


def test_a_list_whose_reader_dies_fails_and_says_what_to_do(
    bring_in: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")

    with pytest.raises(RuntimeError, match="ended with code 1"):
        bring_in(sheet(person(1)))

    monkeypatch.undo()
    assert bring_in(sheet(person(1))).status is RosterStatus.DONE


def test_the_reader_knows_no_database_and_no_web_so_it_starts_quickly() -> None:
    slow = ("sqlalchemy", "flask", "psycopg", "babel")
    shown = f"import sys, agentsys.rosters.process; print([m for m in {slow} if m in sys.modules])"

    done = subprocess.run([sys.executable, "-c", shown], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"
