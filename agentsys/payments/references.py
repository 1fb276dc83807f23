"""Payment references: ours, and order ids at every provider."""

from __future__ import annotations

import re
import secrets

from agentsys import clock

_READABLE = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_OURS = re.compile(r"AG\d{6}-")


def new_reference() -> str:
    """A new unguessable reference, valid as an order id with every provider."""
    # 32 letters, so each byte chooses one of them without a bias.
    letters = (_READABLE[byte % 32] for byte in secrets.token_bytes(14))
    return f"AG{clock.now():%y%m%d}-" + "".join(letters)


def is_ours(reference: str) -> bool:
    """Whether a reference looks like one of ours; other systems may use our account too."""
    return _OURS.match(reference) is not None
