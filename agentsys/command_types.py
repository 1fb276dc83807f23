"""Parameter types of commands: months and amounts."""

from __future__ import annotations

from datetime import date
from typing import Any

import click

from agentsys.console_texts import console_text as _
from agentsys.money import rupiah
from agentsys.months import parse_month


class Month(click.ParamType[date]):
    """A month written 2026-11."""

    name = "YYYY-MM"

    def convert(self, value: Any, param: Any, ctx: Any) -> date:
        """The month's first day."""
        if isinstance(value, date):
            return value
        try:
            return parse_month(value)
        except ValueError:
            self.fail(_("Bukan bulan (contoh: 2026-11): {text}", text=repr(value)), param, ctx)


class Rupiah(click.ParamType[int]):
    """An amount such as 2.000.000."""

    name = "RUPIAH"

    def convert(self, value: Any, param: Any, ctx: Any) -> int:
        """The amount in rupiah."""
        if isinstance(value, int):
            return value
        try:
            return rupiah(value)
        except ValueError:
            self.fail(_("Bukan jumlah rupiah: {text}", text=repr(value)), param, ctx)
