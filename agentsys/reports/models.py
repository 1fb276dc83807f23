"""The table of targets: how many workers an office is to cover."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from agentsys import clock
from agentsys.db import BigId, Model, text_of, words
from agentsys.workers.kinds import Ecosystem


class CoverageTarget(Model):
    """How many workers are to be covered from a day on, in an office, kelurahan or ecosystem.

    Rows are only added: the newest day counts, and of one day the row that was entered last.
    """

    __tablename__ = "coverage_targets"

    id: Mapped[BigId]
    office_id: Mapped[int] = mapped_column(ForeignKey("offices.id"))
    kelurahan: Mapped[str] = mapped_column(text_of(80), server_default="")  # empty: all of them
    ecosystem: Mapped[Ecosystem | None] = mapped_column(words(Ecosystem))  # None: all of them
    people: Mapped[int]
    from_on: Mapped[date]
    source: Mapped[str] = mapped_column(text_of(160))  # such as a decree, or a survey
    entered_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    entered_at: Mapped[datetime] = mapped_column(default=clock.now)

    __table_args__ = (
        CheckConstraint("people >= 0", name="not_negative"),
        CheckConstraint("length(source) > 0", name="has_a_source"),
        CheckConstraint("kelurahan = '' OR ecosystem IS NULL", name="of_one_kind"),
        Index(None, "office_id", "from_on"),
    )
