"""Background jobs of auto-debit: rows say what is due, so each makes up what was missed."""

from __future__ import annotations

from agentsys.payments.mandates import comparing, linking, rounds
from agentsys.runtime import runtime

BATCH = 64


def ask_about_mandates() -> None:
    """Ask providers for consent pages and how mandates stand, in batches."""
    channels = rounds.mandate_channels(runtime().registry.channels)
    while linking.ask_providers(channels, vault=runtime().vault, limit=BATCH) >= BATCH:
        pass


def plan_debits() -> None:
    """Plan the debits of the running month."""
    rounds.plan()


def make_debits() -> None:
    """Make the debits that are due, announce others, and follow what became of them."""
    channels = rounds.mandate_channels(runtime().registry.channels)
    if channels:
        rounds.make_debits(channels)


def compare_debits() -> None:
    """Ask providers once more about the debits of the last day."""
    channels = rounds.mandate_channels(runtime().registry.channels)
    while comparing.compare(channels).total() >= comparing.BATCH:
        pass
