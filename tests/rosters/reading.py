"""Reading a list without a database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from agentsys.crypto import Vault
from agentsys.rosters.people import Batch, read_batches
from agentsys.workers.kinds import Programmes

TODAY = date(2026, 11, 25)


def read(content: bytes, **changed: object) -> Iterator[Batch]:
    """The batches of a list."""
    given = {
        "vault": Vault({1: bytes(32)}, bytes(32)),
        "today": TODAY,
        "row_limit": 100_000,
        "programmes": Programmes.TWO,
    } | changed
    return read_batches(content, **given)  # type: ignore[arg-type]
