"""The table of corrections: counter-entries that two persons decide."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from agentsys import clock
from agentsys.db import BigId, Model, text_of, words


class Correctable(StrEnum):
    """What a correction undoes."""

    DEPOSIT = "deposit"  # of an agent's cash, counted by a person
    TRANSFER = "transfer"  # with a worker, an agent or a sponsor, or of unexplained money
    PAYOUT = "payout"  # of a provider
    FEE = "fee"  # that a provider charged, booked from its report


class CorrectionState(StrEnum):
    """The state of a correction."""

    PROPOSED = "proposed"  # waits for a second person
    APPROVED = "approved"  # booked: the lines of the original entry are negated
    REFUSED = "refused"  # by the second person; nothing was changed
    WITHDRAWN = "withdrawn"  # by who proposed it; nothing was changed


class Correction(Model):
    """A deposit, transfer or payout that was confirmed wrongly; a counter-entry undoes it."""

    __tablename__ = "corrections"

    id: Mapped[BigId]
    what: Mapped[Correctable] = mapped_column(words(Correctable))
    subject_id: Mapped[int]
    office_id: Mapped[int | None] = mapped_column(ForeignKey("offices.id"))  # None: several
    amount_idr: Mapped[int]  # that the original entry moved
    reason: Mapped[str] = mapped_column(text_of(200))
    state: Mapped[CorrectionState] = mapped_column(
        words(CorrectionState), default=CorrectionState.PROPOSED
    )
    proposed_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    proposed_at: Mapped[datetime] = mapped_column(default=clock.now)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("reason <> ''", name="has_a_reason"),
        CheckConstraint("state = 'withdrawn' OR decided_by <> proposed_by", name="four_eyes"),
        CheckConstraint(
            "(state = 'proposed') = (decided_by IS NULL)"
            " AND (decided_by IS NULL) = (decided_at IS NULL)",
            name="decided_by_somebody",
        ),
        Index(
            "uq_corrections_live",
            "what",
            "subject_id",
            unique=True,
            postgresql_where=text("state IN ('proposed', 'approved')"),
        ),
        Index(
            "ix_corrections_proposed",
            "office_id",
            postgresql_where=text("state = 'proposed'"),
        ),
    )
