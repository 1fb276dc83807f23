"""The table of substitutions: who works an agent's portfolio during a leave."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from agentsys import clock
from agentsys.db import BigId, Model, text_of


class Substitution(Model):
    """That an agent is on leave from a day to a day, both included, and who works meanwhile."""

    __tablename__ = "substitutions"

    id: Mapped[BigId]
    agent_id: Mapped[int] = mapped_column(ForeignKey("agents.id"))
    substitute_id: Mapped[int] = mapped_column(ForeignKey("agents.id"))
    from_on: Mapped[date]
    until_on: Mapped[date]
    reason: Mapped[str] = mapped_column(text_of(200), default="")
    made_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime] = mapped_column(default=clock.now)
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    ended_at: Mapped[datetime | None]  # set if it was ended before its last day, or called off

    __table_args__ = (
        CheckConstraint("until_on >= from_on", name="ends_after_it_began"),
        CheckConstraint("agent_id <> substitute_id", name="two_agents"),
        CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name="ended_whole"),
        Index(
            "ix_substitutions_agent_id_until_on",
            "agent_id",
            "until_on",
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index(
            "ix_substitutions_substitute_id_until_on",
            "substitute_id",
            "until_on",
            postgresql_where=text("ended_at IS NULL"),
        ),
    )
