"""Background jobs of statements of banks and gateways."""

from __future__ import annotations

from agentsys.runtime import runtime
from agentsys.statements import importing


def import_statement(file_id: int) -> None:
    """Read an uploaded statement, and match its lines."""
    importing.import_file(vault=runtime().vault, file_id=file_id)


def give_up(file_id: int) -> None:
    """Refuse a statement whose job was ended too often."""
    importing.give_up(file_id)
