"""A request that a provider sends to us, and our answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Callback:
    """A request from a provider: headers with lower-case names, and the unchanged body.

    `path` is what follows the address of the channel, such as `/v1.0/debit/notify`.
    """

    headers: Mapping[str, str]
    body: bytes
    method: str = "POST"
    path: str = ""
    query: str = ""


@dataclass(frozen=True, kw_only=True)
class CallbackAnswer:
    """What a provider wants to read when its callback was accepted."""

    body: str = "ok\n"
    content_type: str = "text/plain"


class CallbackRejected(Exception):
    """The callback is not authentic or cannot be read; it is answered with 403 and does nothing."""
