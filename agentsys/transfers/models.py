"""The table of transfers with people."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from agentsys import clock
from agentsys.db import BigId, Model, text_of, words


class TransferState(StrEnum):
    """The state of a transfer."""

    PROPOSED = "proposed"  # somebody saw it on the bank statement, or is about to make it
    BOOKED = "booked"  # confirmed by a second person, and booked
    REFUSED = "refused"  # rejected; nothing was booked
    REVERSED = "reversed"  # booked wrongly, and undone by a correction


class Direction(StrEnum):
    """Which way the money goes."""

    OUT = "out"  # from the collection account to a person
    IN = "in"  # from a worker, a sponsor or an agent to the collection account


class Transfer(Model):
    """A transfer that pays what we owe a worker, a sponsor or an agent, or what they owe us."""

    __tablename__ = "transfers"

    id: Mapped[BigId]
    account: Mapped[str] = mapped_column(text_of(80))  # the account whose balance it reduces
    worker_id: Mapped[int | None] = mapped_column(ForeignKey("workers.id"), index=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("offices.id"))
    agreement_id: Mapped[int | None] = mapped_column(ForeignKey("agreements.id"), index=True)
    unexplained_id: Mapped[int | None] = mapped_column(ForeignKey("unexplained.id"))
    agent_id: Mapped[int | None] = mapped_column(  # who pays a shortage, or gets a surplus
        ForeignKey("agents.id"), index=True
    )
    direction: Mapped[Direction] = mapped_column(words(Direction, 3))
    amount_idr: Mapped[int]
    bank_ref: Mapped[str] = mapped_column(text_of(80))
    note: Mapped[str] = mapped_column(text_of(200))
    state: Mapped[TransferState] = mapped_column(
        words(TransferState), default=TransferState.PROPOSED
    )
    proposed_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    proposed_at: Mapped[datetime] = mapped_column(default=clock.now)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("amount_idr > 0", name="moves_money"),
        CheckConstraint("bank_ref <> '' AND note <> ''", name="can_be_found_at_the_bank"),
        CheckConstraint("state <> 'booked' OR decided_by <> proposed_by", name="four_eyes"),
        CheckConstraint(
            "(state = 'proposed') = (decided_by IS NULL)"
            " AND (decided_by IS NULL) = (decided_at IS NULL)",
            name="decided_by_somebody",
        ),
        CheckConstraint(
            "num_nonnulls(worker_id, agreement_id, unexplained_id, agent_id) = 1",
            name="with_somebody",
        ),
        Index(
            "uq_transfers_ref_key_live",
            "direction",
            text("ref_key(bank_ref)"),
            unique=True,
            postgresql_where=text("state NOT IN ('refused', 'reversed')"),
        ),
        Index(
            "uq_transfers_proposed",
            "account",
            text("coalesce(unexplained_id, 0)"),
            unique=True,
            postgresql_where=text("state = 'proposed'"),
        ),
    )
