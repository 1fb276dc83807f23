"""A request that a provider sends to us."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Callback:
    """A request from a provider: headers with lower-case names, and the unchanged body."""

    headers: Mapping[str, str]
    body: bytes
