"""Background jobs of statements of banks and gateways."""

from __future__ import annotations

from agentsys.fee_rates import read_rates
from agentsys.runtime import runtime
from agentsys.statements import importing


def import_statement(file_id: int) -> None:
    """Read an uploaded statement, match its lines, and book the fees of a provider."""
    rates = read_rates(runtime().settings.gateway_fees)
    importing.import_file(vault=runtime().vault, file_id=file_id, rates=rates)


def give_up(file_id: int) -> None:
    """Refuse a statement whose job was ended too often."""
    importing.give_up(file_id)
