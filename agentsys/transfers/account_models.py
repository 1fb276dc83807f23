"""The table of offices' bank accounts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from agentsys import clock
from agentsys.db import BigId, Model, text_of


class OfficeAccount(Model):
    """A bank account that somebody proposed for an office; the newest approved one counts."""

    __tablename__ = "office_accounts"

    id: Mapped[BigId]
    reference: Mapped[str] = mapped_column(text_of(32), unique=True)  # the number is sealed for it
    office_id: Mapped[int] = mapped_column(ForeignKey("offices.id"), index=True)
    bank: Mapped[str] = mapped_column(text_of(60))
    holder: Mapped[str] = mapped_column(text_of(120))
    number_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    number_masked: Mapped[str] = mapped_column(text_of(30))
    proposed_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    proposed_at: Mapped[datetime] = mapped_column(default=clock.now)
    is_approved: Mapped[bool | None]  # None while it waits for another admin
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "ix_office_accounts_one_waits",
            "office_id",
            unique=True,
            postgresql_where=text("is_approved IS NULL"),
        ),
        CheckConstraint(
            "(is_approved IS NULL) = (decided_at IS NULL)"
            " AND (decided_at IS NULL) = (decided_by IS NULL)",
            name="decided_whole",
        ),
        CheckConstraint("NOT is_approved OR decided_by <> proposed_by", name="approved_by_another"),
    )
