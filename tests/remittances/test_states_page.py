"""docs/states.md agrees with the transition tables."""

from __future__ import annotations

from pathlib import Path

from tests.remittances.states_page import page


def test_the_page_of_states_is_made_from_the_tables(here: Path) -> None:
    made = page()

    written = (here / "docs" / "states.md").read_text()
    assert written == made, "run: ./dev docs"


def test_every_state_has_its_meaning_on_the_page() -> None:
    rows = [line for line in page().splitlines() if line.startswith("| `")]

    assert rows
    assert [row for row in rows if row.endswith("|  |")] == []
