"""What is said about a cell is true: repaired only where something was changed."""

from __future__ import annotations

import pytest

from agentsys.rosters.problems import PROBLEMS, Effect
from agentsys.web.state_words import state_word


@pytest.mark.parametrize(
    "problem", [code for code, found in PROBLEMS.items() if "tidak diubah" in found.advice]
)
def test_what_was_left_as_it_was_is_not_said_to_be_repaired(problem: str) -> None:
    assert PROBLEMS[problem].effect is not Effect.REPAIRED


@pytest.mark.parametrize("effect", [Effect.REFUSED, Effect.WARNED])
def test_only_what_was_repaired_is_green(effect: Effect) -> None:
    assert state_word("roster_note", effect).tone != "ok"
    assert state_word("roster_note", Effect.REPAIRED).tone == "ok"
