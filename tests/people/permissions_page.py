"""The table of docs/permissions.md: `./dev docs` writes it."""

from __future__ import annotations

import sys
from pathlib import Path

from agentsys.people.permissions import table

_WRITTEN = Path(__file__).parents[2] / "docs" / "permissions.md"
_HEADING = "## Roles\n\n"


def page() -> str:
    """The text above the table as it is in the file, and the table as it is in the code."""
    return _WRITTEN.read_text().split(_HEADING)[0] + _HEADING + table()


if __name__ == "__main__":
    sys.stdout.write(page())
