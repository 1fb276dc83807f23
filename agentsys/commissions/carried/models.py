"""The table of what is carried into an agent's next statement."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from agentsys import clock
from agentsys.db import BigId, Model, text_of, words
from agentsys.people.models import Agent

LONGEST_REASON = 200


class CarriedKind(StrEnum):
    """Why something is carried."""

    ADJUSTMENT = "adjustment"  # a sum that a person gives or takes
    REVERSAL = "reversal"  # the commission of one contribution is taken back


class CarriedState(StrEnum):
    """The state of a carried item; that it is in a statement is said by that statement's lines."""

    PROPOSED = "proposed"  # waits for a second person
    APPROVED = "approved"  # enters the next statement that is computed, once
    REFUSED = "refused"  # by the second person
    WITHDRAWN = "withdrawn"  # by who proposed it


class CarriedItem(Model):
    """A sum for an agent, and one for the office, that two persons carry into a statement."""

    __tablename__ = "commission_carried"

    id: Mapped[BigId]
    kind: Mapped[CarriedKind] = mapped_column(words(CarriedKind))
    agent_id: Mapped[int] = mapped_column(ForeignKey("agents.id"))
    office_id: Mapped[int] = mapped_column(ForeignKey("offices.id"))
    agent_idr: Mapped[int] = mapped_column(default=0)  # of a reversal, known once it is approved
    office_idr: Mapped[int] = mapped_column(default=0)
    statement_id: Mapped[int | None] = mapped_column(ForeignKey("statements.id"))  # taken back from
    worker_id: Mapped[int | None]
    month: Mapped[date | None]  # of the contribution
    why: Mapped[str] = mapped_column(text_of(LONGEST_REASON))
    state: Mapped[CarriedState] = mapped_column(words(CarriedState), default=CarriedState.PROPOSED)
    proposed_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    proposed_at: Mapped[datetime] = mapped_column(default=clock.now)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(text_of(LONGEST_REASON), default="")  # of a refusal

    agent: Mapped[Agent] = relationship()

    __table_args__ = (
        CheckConstraint("why <> ''", name="says_why"),
        CheckConstraint(
            "(kind = 'reversal') = (statement_id IS NOT NULL)"
            " AND (statement_id IS NULL) = (worker_id IS NULL)"
            " AND (worker_id IS NULL) = (month IS NULL)",
            name="reverses_one_contribution",
        ),
        CheckConstraint(
            "kind <> 'adjustment' OR agent_idr <> 0 OR office_idr <> 0", name="changes_something"
        ),
        CheckConstraint("state = 'withdrawn' OR decided_by <> proposed_by", name="four_eyes"),
        CheckConstraint(
            "(state = 'proposed') = (decided_by IS NULL)"
            " AND (decided_by IS NULL) = (decided_at IS NULL)",
            name="decided_by_somebody",
        ),
        CheckConstraint("state <> 'refused' OR reason <> ''", name="refused_for_a_reason"),
        Index(
            "uq_commission_carried_reversal",
            "statement_id",
            "worker_id",
            "month",
            unique=True,
            postgresql_where=text("kind = 'reversal' AND state IN ('proposed', 'approved')"),
        ),
        Index("ix_commission_carried_agent", "agent_id"),
        Index(
            "ix_commission_carried_proposed",
            "office_id",
            postgresql_where=text("state = 'proposed'"),
        ),
    )
