"""A list with planted faults of every kind: no good row is refused, no bad one accepted."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from agentsys.demo.roster import write_roster
from agentsys.demo.roster_damage import ALL_KINDS
from bench.lists import is_right, outcome, read, score

ROWS, PAGE_ROWS = 2_000, 300


@pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
def test_planted_faults_are_refused_and_repaired_and_nothing_else(
    suffix: str, tmp_path: Path
) -> None:
    path = tmp_path / f"daftar{suffix}"
    damages = write_roster(
        path, rows=ROWS, seed=3, damage_share=0.08, kinds=ALL_KINDS, page_rows=PAGE_ROWS
    )
    assert {damage.kind for damage in damages} == set(ALL_KINDS)

    found = outcome(read(path.read_bytes()))

    assert [damage.kind for damage in damages if not is_right(damage, found)] == []
    by_outcome = Counter(damage.expected for damage in damages)
    assert by_outcome["rejected"] > 40
    rejected = {damage.row for damage in damages if damage.expected == "rejected"}
    repaired = {damage.row for damage in damages if damage.expected == "repaired"}
    assert score(rejected, found.refused) == (1.0, 1.0)
    assert score(repaired, found.repaired) == (1.0, 1.0)
    assert found.rows == ROWS
    assert found.nobody == 6 * 7 + 1  # the ends of seven pages, and the numbers of the columns


def test_the_score_tells_a_good_row_that_is_refused_from_a_bad_one_that_is_taken() -> None:
    assert score({1, 2}, {1, 2, 3, 4}) == (0.5, 1.0)
    assert score({1, 2}, {1}) == (1.0, 0.5)
