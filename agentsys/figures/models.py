"""The table of stored figures."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import text
from sqlalchemy.orm import Mapped, mapped_column

from agentsys.db import Model, text_of

NO_MONTH = date(1, 1, 1)


class KeptFigure(Model):
    """A count and sums of an office, of one of its agents, or of one month; see `figures.kept`."""

    __tablename__ = "kept_figures"

    name: Mapped[str] = mapped_column(text_of(20), primary_key=True)
    office_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    agent_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # 0: of no agent
    month: Mapped[date] = mapped_column(primary_key=True)  # NO_MONTH: of no month
    count: Mapped[int]
    amount_idr: Mapped[int]
    of_idr: Mapped[int]  # the whole of which `amount_idr` is a part, such as what was billed
    last_month: Mapped[date | None]
    at: Mapped[datetime]
    # All that transactions with smaller ids wrote is counted; PostgreSQL sets it.
    point: Mapped[int] = mapped_column(
        server_default=text("(pg_snapshot_xmin(pg_current_snapshot())::text)::bigint")
    )
