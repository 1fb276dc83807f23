"""Tables of what providers are to be asked, how each channel works, and attempts to pay."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from agentsys import clock
from agentsys.db import Model, text_of, words
from agentsys.extension.contract import PaymentState


class Action(StrEnum):
    """What a provider is to be asked about a payment."""

    START = "start"
    CHECK = "check"
    CANCEL = "cancel"
    REFUND = "refund"


class ChannelHealth(StrEnum):
    """Whether payments may be started through a channel."""

    WORKING = "working"
    AWAY = "away"  # it did not answer several times; it is tried again by itself
    STOPPED = "stopped"  # it refuses our key or account; a person must see to it


class ProviderRequest(Model):
    """One question that a provider has not answered yet; a job asks it, again if need be."""

    __tablename__ = "provider_requests"

    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"), primary_key=True)
    channel: Mapped[str] = mapped_column(text_of(30))
    action: Mapped[Action] = mapped_column(words(Action))
    version: Mapped[int] = mapped_column(default=1)  # grows with each change of what is asked
    by: Mapped[str] = mapped_column(text_of(40))  # who wanted it, such as "user:7"
    return_url: Mapped[str] = mapped_column(text_of(500), default="")
    asked_at: Mapped[datetime] = mapped_column(default=clock.now)
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime] = mapped_column(default=clock.now)
    claimed_until: Mapped[datetime | None]  # while a job asks it
    note: Mapped[str] = mapped_column(text_of(200), default="")  # why there was no answer

    __table_args__ = (
        Index(None, "next_try_at"),
        Index(
            "ix_provider_requests_claimed",
            "channel",
            "claimed_until",
            postgresql_where=text("claimed_until IS NOT NULL"),
        ),
    )


class ChannelState(Model):
    """How a channel works, known to all processes; no row: nothing was started yet."""

    __tablename__ = "channel_states"

    channel: Mapped[str] = mapped_column(text_of(30), primary_key=True)
    health: Mapped[ChannelHealth] = mapped_column(words(ChannelHealth))
    failures: Mapped[int] = mapped_column(default=0)  # in a row
    pauses: Mapped[int] = mapped_column(default=0)  # since a payment was last started
    since: Mapped[datetime] = mapped_column(default=clock.now)
    retry_at: Mapped[datetime | None]  # when it is tried again
    by_start: Mapped[bool] = mapped_column(default=False)  # tried by a payment, not by a question
    reason: Mapped[str] = mapped_column(text_of(200), default="")

    __table_args__ = (
        CheckConstraint("(health = 'working') = (retry_at IS NULL)", name="tried_again_or_working"),
    )


class PaymentAttempt(Model):
    """One attempt of a payer at the provider; an order there can have several."""

    __tablename__ = "payment_attempts"

    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"), primary_key=True)
    provider_ref: Mapped[str] = mapped_column(text_of(80), primary_key=True)
    state: Mapped[PaymentState] = mapped_column(words(PaymentState))
    amount_idr: Mapped[int]
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
