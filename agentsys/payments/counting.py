"""Cash that is counted note by note, before anybody sees how much it should be."""

from __future__ import annotations

from collections.abc import Mapping

from agentsys import clock
from agentsys.errors import Invalid
from agentsys.months import HEAD_OFFICE
from agentsys.people.agent_rules import Rule, setting

# Rupiah of the notes and coins in use (Bank Indonesia); one of Rp1,000 is a note or a coin.
NOTES = (100_000, 50_000, 20_000, 10_000, 5_000, 2_000, 1_000, 500, 200, 100)
MOST = 100_000  # of one kind


def is_blind() -> bool:
    """Whether cash is counted before a page shows the expected sum; a dated setting says so."""
    return bool(setting(Rule.BLIND_COUNT, clock.now().astimezone(HEAD_OFFICE).date()).value)


def read(typed: Mapping[str, str]) -> dict[str, int]:
    """How many of each kind, by its rupiah, from fields such as `note_50000`; Invalid if not whole.

    Empty if no field is filled: a deposit at a bank has only a sum.
    """
    counts: dict[str, int] = {}
    for rupiah in NOTES:
        text = typed.get(f"note_{rupiah}", "").strip()
        if not text:
            continue
        if not (text.isascii() and text.isdecimal() and len(text) <= 6 and int(text) <= MOST):
            raise Invalid("Isi berapa lembar atau keping, dengan angka.")
        if int(text):
            counts[str(rupiah)] = int(text)
    return counts


def total_of(counts: Mapping[str, int]) -> int:
    """What the notes and coins come to, in rupiah."""
    return sum(int(rupiah) * count for rupiah, count in counts.items())


def check(counts: Mapping[str, int], counted_idr: int | None) -> dict[str, int]:
    """The counts; Invalid unless they come to the counted sum, or there are none."""
    known = {str(rupiah) for rupiah in NOTES}
    if counts and (not known.issuperset(counts) or total_of(counts) != counted_idr):
        raise Invalid("Jumlah lembar dan keping tidak sama dengan jumlah yang dihitung.")
    return dict(counts)
