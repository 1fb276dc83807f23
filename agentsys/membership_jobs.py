"""Background jobs of memberships."""

from __future__ import annotations

from agentsys.db import transaction
from agentsys.memberships import lapsing


def lapse_memberships() -> None:
    """End the memberships that lapsed, in lots; each run makes up what earlier ones missed."""
    after: int | None = 0
    while after is not None:
        with transaction() as session:
            _, after = lapsing.lapse(session, after=after)
