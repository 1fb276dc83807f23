"""Tables of hand-overs and of the workers in them."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from agentsys import clock
from agentsys.db import BigId, Model, text_of, words


class HandoverState(StrEnum):
    """The state of a hand-over."""

    DRAFT = "draft"  # a preview; nothing has changed
    PROPOSED = "proposed"  # waits for a second person, of the receiving office
    PLANNED = "planned"  # begins with a later month; a job carries it out then
    DONE = "done"  # the workers are with their new agents
    UNDONE = "undone"  # everything is as it was before
    REFUSED = "refused"  # by the second person
    WITHDRAWN = "withdrawn"  # taken back before it was carried out


class Handover(Model):
    """Workers of one agent who move to other agents from a month on."""

    __tablename__ = "handovers"

    id: Mapped[BigId]
    office_id: Mapped[int] = mapped_column(ForeignKey("offices.id"), index=True)
    to_office_id: Mapped[int] = mapped_column(ForeignKey("offices.id"))
    from_agent_id: Mapped[int] = mapped_column(ForeignKey("agents.id"), index=True)
    from_month: Mapped[date]
    reason: Mapped[str] = mapped_column(text_of(200))
    workers: Mapped[int]  # how many
    state: Mapped[HandoverState] = mapped_column(words(HandoverState), default=HandoverState.DRAFT)
    made_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime] = mapped_column(default=clock.now)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]  # accepted or refused by the second person
    done_at: Mapped[datetime | None]
    undone_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    undone_at: Mapped[datetime | None]
    undo_reason: Mapped[str] = mapped_column(text_of(200), default="")

    __table_args__ = (
        CheckConstraint("extract(day FROM from_month) = 1", name="from_is_a_month"),
        CheckConstraint("reason <> '' AND workers > 0", name="has_workers_and_a_reason"),
        CheckConstraint(
            "(done_at IS NOT NULL) = (state IN ('done', 'undone'))", name="done_at_a_time"
        ),
        CheckConstraint(
            "(undone_at IS NOT NULL) = (state = 'undone')"
            " AND (undone_by IS NULL) = (undone_at IS NULL)"
            " AND (undone_at IS NULL) = (undo_reason = '')",
            name="undone_by_somebody_for_a_reason",
        ),
        CheckConstraint(
            "(decided_by IS NULL) = (decided_at IS NULL)"
            " AND (state <> 'refused' OR decided_by IS NOT NULL)",
            name="decided_by_somebody",
        ),
        CheckConstraint(
            "office_id = to_office_id OR state NOT IN ('planned', 'done', 'undone', 'refused')"
            " OR (decided_by IS NOT NULL AND decided_by <> made_by)",
            name="other_office_agreed",
        ),
        CheckConstraint("decided_by <> made_by", name="four_eyes"),
        Index("ix_handovers_proposed", "to_office_id", postgresql_where=text("state = 'proposed'")),
        Index("ix_handovers_planned", "from_month", postgresql_where=text("state = 'planned'")),
    )


class HandoverWorker(Model):
    """One worker of a hand-over, and the new agent.

    No foreign keys of its worker and agent: they are never deleted, and a portfolio has thousands.
    """

    __tablename__ = "handover_workers"

    handover_id: Mapped[int] = mapped_column(
        ForeignKey("handovers.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    worker_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, index=True)
    to_agent_id: Mapped[int]
    # The first month of the assignment that ends. One that would begin in the hand-over's month or
    # later gets the new agent instead.
    since: Mapped[date]

    __table_args__ = (Index(None, "handover_id", "to_agent_id"),)


class HandoverPick(Model):
    """A worker whom somebody has ticked for the next hand-over from an agent."""

    __tablename__ = "handover_picks"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id"), primary_key=True, autoincrement=False
    )
    from_agent_id: Mapped[int] = mapped_column(
        ForeignKey("agents.id"), primary_key=True, autoincrement=False
    )
    worker_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, index=True)
