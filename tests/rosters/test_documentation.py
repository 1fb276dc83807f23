"""docs/rosters.md agrees with the code."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentsys.rosters.problems import PROBLEMS


@pytest.mark.parametrize("code", PROBLEMS)
def test_each_problem_is_documented_in_its_own_words(code: str, here: Path) -> None:
    text = (here / "docs" / "rosters.md").read_text()
    problem = PROBLEMS[code]

    assert f"| `{code}` | {problem.label} | {problem.advice} |" in text


@pytest.mark.parametrize("code", PROBLEMS)
def test_each_problem_fits_its_columns_and_ends_as_a_sentence(code: str) -> None:
    problem = PROBLEMS[code]

    assert len(code) <= 40
    assert len(problem.advice) <= 300
    assert problem.advice.endswith(".")
