"""The table of agents' deposits: cash that goes to the office or to a provider."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from agentsys import clock
from agentsys.db import BigId, Model, text_of, words
from agentsys.people.models import Agent


class DepositState(StrEnum):
    """The state of an agent's cash deposit."""

    DECLARED = "declared"  # the agent reported handing it over
    CONFIRMED = "confirmed"  # a second person counted it, or a provider received it
    RETURNED = "returned"  # rejected, or taken back by the provider: the agent holds the cash
    WITHDRAWN = "withdrawn"  # the agent took it back, or did not pay it in time


class Deposit(Model):
    """Cash that an agent hands over (setoran agen), confirmed by a second person.

    With a channel, the agent pays it to a provider, whose report decides about it.
    """

    __tablename__ = "deposits"

    id: Mapped[BigId]
    key: Mapped[str] = mapped_column(text_of(64), unique=True)
    agent_id: Mapped[int] = mapped_column(ForeignKey("agents.id"), index=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("offices.id"))
    amount_idr: Mapped[int]  # of its receipts
    short_idr: Mapped[int] = mapped_column(  # less handed over than that; negative: more
        default=0, server_default="0"
    )
    short_reason: Mapped[str] = mapped_column(text_of(200), default="", server_default="")
    counts: Mapped[dict[str, Any]] = mapped_column(  # of each note and coin, by the agent
        default=dict, server_default="{}"
    )
    recounts: Mapped[dict[str, Any]] = mapped_column(  # and by who confirmed it
        default=dict, server_default="{}"
    )
    police_report: Mapped[str] = mapped_column(  # its number, if the cash was lost or robbed
        text_of(60), default="", server_default=""
    )
    state: Mapped[DepositState] = mapped_column(words(DepositState), default=DepositState.DECLARED)
    channel: Mapped[str] = mapped_column(  # empty: handed over by hand
        text_of(30), default="", server_default=""
    )
    evidence: Mapped[str] = mapped_column(  # bank slip number, who received it, or our reference
        text_of(120)
    )
    declared_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    declared_at: Mapped[datetime] = mapped_column(default=clock.now)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(text_of(200), default="")

    agent: Mapped[Agent] = relationship()

    @property
    def handed_idr(self) -> int:
        """Rupiah that were handed over: the receipts, less what is short."""
        return self.amount_idr - self.short_idr

    __table_args__ = (
        CheckConstraint("amount_idr > 0", name="brings_money"),
        CheckConstraint(
            "(short_idr = 0) = (short_reason = '') AND (short_idr = 0 OR channel = '')"
            " AND (short_idr < amount_idr OR (short_idr = amount_idr AND police_report <> ''))",
            name="difference_has_a_reason",
        ),
        CheckConstraint("state = 'withdrawn' OR decided_by <> declared_by", name="four_eyes"),
        CheckConstraint(
            "(state = 'declared') = (decided_at IS NULL)"
            " AND (channel <> '' OR (decided_by IS NULL) = (decided_at IS NULL))"
            " AND (state = 'withdrawn' OR channel = '' OR decided_by IS NULL)",
            name="decided_by_somebody",
        ),
        Index(None, "state", "id"),
        Index("ix_deposits_ref_key", text("ref_key(evidence)")),  # who named the same slip
        Index("ix_deposits_declared", "office_id", postgresql_where=text("state = 'declared'")),
        Index(
            "uq_deposits_one_by_provider",
            "agent_id",
            unique=True,
            postgresql_where=text("state = 'declared' AND channel <> ''"),
        ),
        Index("ix_deposits_returned", "agent_id", postgresql_where=text("state = 'returned'")),
    )
