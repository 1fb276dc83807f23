"""The table of refunds that go back through a provider."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from agentsys import clock
from agentsys.db import BigId, Model, text_of, words
from agentsys.payments.models import Payment


class RefundState(StrEnum):
    """The state of a refund."""

    PROPOSED = "proposed"  # waits for a second person
    APPROVED = "approved"  # the provider is asked until it answers
    GIVEN = "given"  # the provider gave the money back, and it is booked
    REFUSED = "refused"  # by a person; the provider was not asked
    FAILED = "failed"  # the provider refuses it; the money is still there


LIVE = (RefundState.PROPOSED, RefundState.APPROVED)


class Refund(Model):
    """Money of a payment that goes back to the payer the way it came."""

    __tablename__ = "refunds"

    id: Mapped[BigId]
    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"), index=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("offices.id"))
    key: Mapped[str] = mapped_column(text_of(50), unique=True)  # the same for every request
    amount_idr: Mapped[int]
    is_whole: Mapped[bool]  # the whole payment, so that its months are open again
    # rupiah owed to the worker that nothing else may use while the provider is asked
    reserved_idr: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str] = mapped_column(text_of(200))
    state: Mapped[RefundState] = mapped_column(words(RefundState), default=RefundState.PROPOSED)
    proposed_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    proposed_at: Mapped[datetime] = mapped_column(default=clock.now)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]
    given_at: Mapped[datetime | None]  # by the provider's first notice
    confirmed_at: Mapped[datetime | None]  # by the payer's bank or wallet: the second notice
    note: Mapped[str] = mapped_column(text_of(200), default="")  # why it failed

    payment: Mapped[Payment] = relationship()

    __table_args__ = (
        CheckConstraint("amount_idr > 0", name="gives_money"),
        CheckConstraint("reserved_idr BETWEEN 0 AND amount_idr", name="reserves_its_own"),
        CheckConstraint("reason <> ''", name="has_a_reason"),
        CheckConstraint("state = 'refused' OR decided_by <> proposed_by", name="four_eyes"),
        CheckConstraint(
            "(state = 'proposed') = (decided_by IS NULL)"
            " AND (decided_by IS NULL) = (decided_at IS NULL)",
            name="decided_by_somebody",
        ),
        CheckConstraint("(state = 'given') = (given_at IS NOT NULL)", name="given_at_a_time"),
        CheckConstraint(
            "confirmed_at IS NULL OR given_at IS NOT NULL", name="given_before_it_is_confirmed"
        ),
        Index(
            "uq_refunds_live",
            "payment_id",
            unique=True,
            postgresql_where=text("state IN ('proposed', 'approved')"),
        ),
    )
