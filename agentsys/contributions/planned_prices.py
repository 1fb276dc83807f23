"""What a worker's price will depend on from a later month on.

Bills of that month and later ones are made with it at once; a job changes the worker when the month
begins.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, delete
from sqlalchemy.orm import Mapped, Session, mapped_column

from agentsys.contributions.repricing import Priced
from agentsys.db import Model, words
from agentsys.workers.kinds import Funding, Programmes, Sector


class PlannedPrice(Model):
    """The values that change for a worker from a month on; None where one stays."""

    __tablename__ = "planned_prices"

    worker_id: Mapped[int] = mapped_column(
        ForeignKey("workers.id"), primary_key=True, autoincrement=False
    )
    from_month: Mapped[date]
    sector: Mapped[Sector | None] = mapped_column(words(Sector))
    income_idr: Mapped[int | None]
    programmes: Mapped[Programmes | None] = mapped_column(words(Programmes))
    funding: Mapped[Funding | None] = mapped_column(words(Funding))

    __table_args__ = (
        CheckConstraint("extract(day FROM from_month) = 1", name="from_is_a_month"),
        CheckConstraint("income_idr >= 0", name="income_not_negative"),
        CheckConstraint(
            "num_nonnulls(sector, income_idr, programmes, funding) > 0", name="changes_something"
        ),
    )

    def on(self, now: Priced) -> Priced:
        """What the price depends on from the month on; `now` is what it depends on before it."""
        return Priced(
            sector=now.sector if self.sector is None else self.sector,
            income_idr=now.income_idr if self.income_idr is None else self.income_idr,
            programmes=now.programmes if self.programmes is None else self.programmes,
            funding=now.funding if self.funding is None else self.funding,
            lowest=now.lowest and self.funding is None,
        )


def of_worker(session: Session, worker_id: int) -> PlannedPrice | None:
    """What is planned for a worker."""
    return session.get(PlannedPrice, worker_id, populate_existing=True)


def plan(session: Session, *, worker_id: int, from_month: date, values: Mapping[str, str]) -> None:
    """Plan changed values, by their names; the caller has locked the worker."""
    session.add(
        PlannedPrice(
            worker_id=worker_id,
            from_month=from_month,
            sector=Sector(values["sector"]) if "sector" in values else None,
            income_idr=int(values["income_idr"]) if "income_idr" in values else None,
            programmes=Programmes(values["programmes"]) if "programmes" in values else None,
            funding=Funding(values["funding"]) if "funding" in values else None,
        )
    )
    session.flush()


def drop(session: Session, worker_id: int) -> None:
    """Forget what is planned for a worker."""
    session.execute(delete(PlannedPrice).where(PlannedPrice.worker_id == worker_id))
