"""The demo's roster: the same people each time, and listed errors."""

from __future__ import annotations

import csv
from pathlib import Path

from agentsys.demo.roster import FIRST_ROW, write_roster
from agentsys.demo.roster_damage import KINDS
from agentsys.rosters.columns import USUAL


def test_the_same_seed_gives_the_same_roster_and_another_seed_another(tmp_path: Path) -> None:
    first, again, other = (tmp_path / f"{name}.csv" for name in ("first", "again", "other"))

    damages = write_roster(first, rows=300, seed=3)
    same = write_roster(again, rows=300, seed=3)
    write_roster(other, rows=300, seed=4)

    assert damages == same
    assert first.read_bytes() == again.read_bytes()
    assert first.read_bytes() != other.read_bytes()


def test_what_was_damaged_is_written_beside_the_roster(tmp_path: Path) -> None:
    path = tmp_path / "daftar.csv"

    damages = write_roster(path, rows=1000, damage_share=0.1)

    with (tmp_path / "daftar.csv.damages.csv").open(newline="") as file:
        written = list(csv.DictReader(file))
    assert [int(line["row"]) for line in written] == [damage.row for damage in damages]
    assert len(damages) == 100
    assert {line["kind"] for line in written} == set(KINDS)
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file, delimiter=";"))
    assert tuple(rows[FIRST_ROW - 3]) == USUAL
    assert len(rows) == FIRST_ROW - 1 + 1000
    for damage in damages:
        if damage.kind == "nik_15_digits":
            assert rows[damage.row - 1][1] == damage.truth[:15]


def test_a_roster_says_that_its_people_are_invented(tmp_path: Path) -> None:
    path = tmp_path / "daftar.csv"

    write_roster(path, rows=20)

    assert "karangan" in path.read_text(encoding="utf-8-sig").splitlines()[2]
