"""Tables of closed months; triggers refuse to change them, and to post into them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from agentsys import clock
from agentsys.db import BigId, Model, text_of


class MonthClosing(Model):
    """One closed month of one office, until it is reopened.

    Its first step locks the month, the second one seals what the month ended with.
    """

    __tablename__ = "month_closings"

    id: Mapped[BigId]
    office_id: Mapped[int] = mapped_column(ForeignKey("offices.id"))
    month: Mapped[date]
    from_at: Mapped[datetime]
    until_at: Mapped[datetime]  # no entry of the office is dated before it any more
    last_entry_id: Mapped[int]  # newer entries are dated later
    open_items: Mapped[list[dict[str, Any]]]  # what the checklist said
    note: Mapped[str] = mapped_column(text_of(500), default="")  # why it was closed all the same
    closed_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    closed_at: Mapped[datetime] = mapped_column(default=clock.now)
    report: Mapped[dict[str, Any]] = mapped_column(default=dict)
    seal: Mapped[str] = mapped_column(text_of(64), default="")  # the hash of report and balances
    sealed_at: Mapped[datetime | None]
    reopen_reason: Mapped[str] = mapped_column(text_of(200), default="")
    reopen_asked_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    reopen_asked_at: Mapped[datetime | None]
    reopened_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    reopened_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("extract(day FROM month) = 1", name="month_is_a_month"),
        CheckConstraint("until_at > from_at", name="ends_after_it_begins"),
        CheckConstraint("closed_at >= until_at", name="ended_when_it_was_closed"),
        CheckConstraint("(seal = '') = (sealed_at IS NULL)", name="sealed_whole"),
        CheckConstraint(
            "(reopen_asked_by IS NULL) = (reopen_asked_at IS NULL)"
            " AND (reopen_asked_by IS NULL) = (reopen_reason = '')",
            name="reopened_for_a_reason",
        ),
        CheckConstraint(
            "(reopened_by IS NULL) = (reopened_at IS NULL)"
            " AND (reopened_by IS NULL OR coalesce(reopened_by <> reopen_asked_by, false))",
            name="reopened_by_two",
        ),
        Index(
            "uq_month_closings_closed",
            "office_id",
            "month",
            unique=True,
            postgresql_where=text("reopened_at IS NULL"),
        ),
    )


class ClosedBalance(Model):
    """What an account of the office held (positive) or owed at the end of a closed month."""

    __tablename__ = "closed_balances"

    closing_id: Mapped[int] = mapped_column(ForeignKey("month_closings.id"), primary_key=True)
    account: Mapped[str] = mapped_column(text_of(80), primary_key=True)
    amount_idr: Mapped[int]
