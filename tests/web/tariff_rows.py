"""A tariff table that waits for a second person; of each month and kind one can wait."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.contributions.tariff_models import TariffTable
from agentsys.months import add_months
from tests.tariffs.steps import proposed, rates


def waiting_tariff(session: Session) -> TariffTable:
    """A table that raises JKM."""
    waiting = session.scalar(select(func.count()).select_from(TariffTable)) or 0
    first = add_months(clock.this_month(), 2 + waiting)
    return proposed(session, rates(f"{first:%Y-%m}", {0: 7_000}))
