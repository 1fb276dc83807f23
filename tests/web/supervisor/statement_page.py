"""What the pages of statements show."""

from __future__ import annotations


def shown(statement) -> str:
    return f"{statement.id}:{statement.lines_hash.hex()}"
