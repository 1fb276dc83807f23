"""Rates of rules for tests."""

from __future__ import annotations

from dataclasses import replace

from agentsys.extension.commission_rules import Rates, frozen


def changed(rates: Rates, *, version: str = "", decree: str = "", **values: object) -> Rates:
    """The same rates with other settings."""
    return replace(
        rates,
        version=version or rates.version,
        decree=decree or rates.decree,
        values=frozen(dict(rates.values) | values),
    )


def rates_with(version: str = "SK 1/2027", **values: object) -> Rates:
    """Rates with these settings."""
    return Rates(version=version, decree=version, values=frozen(values))
