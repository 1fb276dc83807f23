"""docs/journal.md names every kind of entry and every invariant of the code."""

from __future__ import annotations

import re
from pathlib import Path

from agentsys.ledger.invariants import CHECKS


def first_cells(page: str, heading: str) -> set[str]:
    """The names in the first column of the table under a heading."""
    section = page.split(f"## {heading}\n")[1].split("\n## ", maxsplit=1)[0]
    return set(re.findall(r"^\| `([\w.]+)`", section, re.MULTILINE))


def test_the_page_names_the_kinds_of_entries_that_the_code_posts(here: Path) -> None:
    page = (here / "docs" / "journal.md").read_text()
    posted = re.compile(
        r"journal\.(?:post|Event)\([^)]*?kind=([^,]+),|^_KINDS = \{(.*?)^\}"
        r"|^def _kind\((.*?)^\S",
        re.DOTALL | re.MULTILINE,
    )

    in_code = {
        kind
        for file in (here / "agentsys").rglob("*.py")
        for chosen in posted.findall(file.read_text())
        for kind in re.findall(r'"(\w+\.[\w.]+)"', " ".join(chosen))
    }

    assert "payment.settled" in in_code
    assert first_cells(page, "Entries") == in_code


def test_the_page_names_the_invariants(here: Path) -> None:
    page = (here / "docs" / "journal.md").read_text()

    assert first_cells(page, "What must always be true") == CHECKS.keys()
