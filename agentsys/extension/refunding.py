"""Giving a settled payment back through its provider."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class RefundRequest:
    """A refund that the core asks a channel for; a request with the same `key` is not another one.

    `provider_ref` is the provider's number of the attempt that was paid.
    """

    reference: str
    provider_ref: str
    key: str
    amount_idr: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class Refunded:
    """One refund that a provider reports; `key` is ours, or empty for one that we did not ask for.

    `confirmed` once the payer's bank or wallet has confirmed it.
    """

    key: str
    amount_idr: int
    confirmed: bool


class RefundRefused(Exception):
    """The provider refuses a refund for good; the text is an Indonesian sentence for finance."""
