"""The table of docs/permissions.md: `./dev docs` writes it."""

from __future__ import annotations

import sys
from pathlib import Path

from agentsys.people.permissions import ROLES, Permission, Rights, RoleName, roles_with

_WRITTEN = Path(__file__).parents[2] / "docs" / "permissions.md"
_HEADING = "## Roles\n\n"


def page() -> str:
    """The text above the table as it is in the file, and the table as it is in the code."""
    return _WRITTEN.read_text().split(_HEADING)[0] + _HEADING + table()


def table() -> str:
    """The table of roles as Markdown, for the documentation."""
    names = list(RoleName)
    lines = [
        f"| permission | {' | '.join(names)} |",
        f"|---|{'---|' * len(names)}",
        f"| *sees* | {' | '.join(_sees(ROLES[name]) for name in names)} |",
    ]
    for permission in Permission:
        held = roles_with(permission)
        marks = " | ".join("yes" if name in held else "" for name in names)
        lines.append(f"| `{permission}` | {marks} |")
    return "\n".join(lines) + "\n"


def _sees(rights: Rights) -> str:
    return rights.reach if rights.needs_office else f"{rights.reach}, or all offices"


if __name__ == "__main__":
    sys.stdout.write(page())
