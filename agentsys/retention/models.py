"""The table of what was destroyed."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from agentsys import clock
from agentsys.db import BigId, Model, text_of, words
from agentsys.retention.settings import Kept


class Destruction(Model):
    """What of one kind was destroyed in one run; it stays for ever, without the content.

    Each lot is counted in the transaction that destroys it, so that the record is right at any
    moment. A run that was stopped goes on with the same record.
    """

    __tablename__ = "destructions"

    id: Mapped[BigId]
    kind: Mapped[Kept] = mapped_column(words(Kept))
    before_on: Mapped[date]  # what is older than this day
    months: Mapped[int]  # the setting by which it was destroyed
    source: Mapped[str] = mapped_column(text_of(300))
    rows: Mapped[int] = mapped_column(default=0)
    bytes: Mapped[int] = mapped_column(default=0)
    begun_by: Mapped[str] = mapped_column(text_of(40))  # "job", or a command
    begun_at: Mapped[datetime] = mapped_column(default=clock.now)
    finished_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("rows >= 0 AND bytes >= 0 AND months > 0", name="counts"),
        Index(
            "uq_destructions_unfinished",
            "kind",
            unique=True,
            postgresql_where=text("finished_at IS NULL"),
        ),
    )
