"""Payment references: ours, and order ids at every provider."""

from __future__ import annotations

import re
import secrets

from agentsys import clock

_READABLE = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_OURS = re.compile(r"AG\d{6}-")


def new_reference() -> str:
    """A new unguessable reference, valid as an order id with every provider."""
    return f"AG{clock.now():%y%m%d}-" + "".join(secrets.choice(_READABLE) for _ in range(14))


def is_ours(reference: str) -> bool:
    """Whether a reference looks like one of ours; other systems may use our account too."""
    return _OURS.match(reference) is not None
