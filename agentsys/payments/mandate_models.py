"""Tables of mandates, the workers that they pay for, and their changes of state."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from agentsys import clock
from agentsys.db import BigId, Model, text_of, words
from agentsys.extension.contract import MandateEnd, MandateState


class Relation(StrEnum):
    """Whose account a mandate debits, seen from the worker."""

    SELF = "self"
    SPOUSE = "spouse"
    CHILD = "child"
    PARENT = "parent"
    SIBLING = "sibling"
    OTHER = "other"


class Mandate(Model):
    """A payer's permission to debit one account, as observed at the provider."""

    __tablename__ = "mandates"

    id: Mapped[BigId]
    reference: Mapped[str] = mapped_column(text_of(50), unique=True)
    key: Mapped[str] = mapped_column(text_of(64), unique=True)  # idempotency key of the asking
    channel: Mapped[str] = mapped_column(text_of(30))
    office_id: Mapped[int] = mapped_column(ForeignKey("offices.id"), index=True)
    holder_name: Mapped[str] = mapped_column(text_of(100))  # of the account
    phone_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    phone_index: Mapped[bytes] = mapped_column(LargeBinary)  # finds the same account again
    cap_idr: Mapped[int]  # the most of one debit that the payer agreed to
    month_cap_idr: Mapped[int]
    debit_day: Mapped[int]  # of the month, 1 to 28
    consent_text: Mapped[str] = mapped_column(text_of(20))  # version of the text agreed to
    asked_at: Mapped[datetime] = mapped_column(default=clock.now)
    asked_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))  # None: the payer's page
    asked_from: Mapped[dict[str, Any]] = mapped_column(default=dict)  # address and device
    return_url: Mapped[str] = mapped_column(text_of(500), default="")  # ours, after consenting
    # Consent is the payer's, given on the provider's page: nobody here can write these two.
    consented_at: Mapped[datetime | None]
    consent_evidence: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[MandateState] = mapped_column(words(MandateState), default=MandateState.ASKED)
    end: Mapped[MandateEnd | None] = mapped_column("end_reason", words(MandateEnd))
    ended_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(text_of(200), default="")  # the provider's, for the payer
    handle: Mapped[str] = mapped_column(text_of(80), default="", index=True)
    account: Mapped[str] = mapped_column(text_of(60), default="")  # such as a card's last digits
    expires_at: Mapped[datetime | None]  # the provider's own time limit
    consent_url: Mapped[str] = mapped_column(text_of(500), default="")
    consent_until: Mapped[datetime | None]
    paused_until: Mapped[date | None]
    checks: Mapped[int] = mapped_column(default=0)
    next_check_at: Mapped[datetime | None]

    workers: Mapped[list[MandateWorker]] = relationship(order_by="MandateWorker.worker_id")

    __table_args__ = (
        CheckConstraint("cap_idr > 0 AND month_cap_idr >= cap_idr", name="caps_in_order"),
        CheckConstraint("debit_day BETWEEN 1 AND 28", name="day_is_in_every_month"),
        CheckConstraint(
            "(state = 'ended') = (end_reason IS NOT NULL)"
            " AND (end_reason IS NULL) = (ended_at IS NULL)",
            name="end_has_reason_and_time",
        ),
        CheckConstraint("state <> 'active' OR consented_at IS NOT NULL", name="active_by_consent"),
        Index("ix_mandates_due", "next_check_at", postgresql_where=text("next_check_at NOTNULL")),
        Index(
            "ix_mandates_account",
            "channel",
            "phone_index",
            postgresql_where=text("state <> 'ended'"),
        ),
    )


class MandateWorker(Model):
    """A worker whom a mandate pays for; a worker has at most one with consent at a time."""

    __tablename__ = "mandate_workers"

    mandate_id: Mapped[int] = mapped_column(ForeignKey("mandates.id"), primary_key=True)
    worker_id: Mapped[int] = mapped_column(ForeignKey("workers.id"), primary_key=True)
    relation: Mapped[Relation] = mapped_column(words(Relation))
    since: Mapped[datetime | None]  # when the payer's consent was seen
    until: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "uq_mandate_workers_one_at_a_time",
            "worker_id",
            unique=True,
            postgresql_where=text("until IS NULL AND since IS NOT NULL"),
        ),
    )


class MandateMove(Model):
    """One change of a mandate's state; append-only."""

    __tablename__ = "mandate_moves"

    id: Mapped[BigId]
    mandate_id: Mapped[int] = mapped_column(ForeignKey("mandates.id"), index=True)
    from_state: Mapped[MandateState | None] = mapped_column(
        words(MandateState, name="from_mandatestate")
    )
    to_state: Mapped[MandateState] = mapped_column(words(MandateState, name="to_mandatestate"))
    at: Mapped[datetime] = mapped_column(default=clock.now)
    by: Mapped[str] = mapped_column(text_of(40))  # "callback", "sweep", "payer", "user:7"
    report: Mapped[dict[str, Any]]
