"""What of an office's contributions goes into one batch: months, and who pays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import ColumnElement

from agentsys.contributions.models import Contribution


class Payer(StrEnum):
    """Who paid the contributions of a batch."""

    ALL = "all"
    SELF = "self"  # the workers themselves
    SPONSOR = "sponsor"  # by a sponsor's bill


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Which contributions of an office to remit: from one month to another, and of which payer."""

    first_month: date | None = None
    last_month: date | None = None
    payer: Payer = Payer.ALL

    def conditions(self) -> Sequence[ColumnElement[bool]]:
        """The conditions on contributions."""
        found: list[ColumnElement[bool]] = []
        if self.first_month is not None:
            found.append(Contribution.month >= self.first_month)
        if self.last_month is not None:
            found.append(Contribution.month <= self.last_month)
        if self.payer is Payer.SELF:
            found.append(Contribution.bill_id.is_(None))
        if self.payer is Payer.SPONSOR:
            found.append(Contribution.bill_id.is_not(None))
        return found


EVERYTHING = Choice()
