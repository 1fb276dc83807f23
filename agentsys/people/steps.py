"""The steps of an agent's life, each with its day: from the application to the end."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from agentsys import clock
from agentsys.db import BigId, Model, text_of, words
from agentsys.people.models import AgentStatus


class AgentStep(StrEnum):
    """A step of an agent's life, with its day."""

    APPLIED = "applied"
    TRAINED = "trained"
    EXAMINED = "examined"
    APPOINTED = "appointed"
    SUSPENDED = "suspended"
    ENDED = "ended"


class AgentStepDone(Model):
    """That an agent took a step on a day, or had it decided."""

    __tablename__ = "agent_steps"

    id: Mapped[BigId]
    agent_id: Mapped[int] = mapped_column(ForeignKey("agents.id"))
    step: Mapped[AgentStep] = mapped_column(words(AgentStep))
    on_day: Mapped[date]
    note: Mapped[str] = mapped_column(text_of(200), default="")
    recorded_by: Mapped[int | None]
    recorded_at: Mapped[datetime] = mapped_column(default=clock.now)

    __table_args__ = (Index(None, "agent_id", "on_day", "id"),)


# What a status that somebody sets is as a step.
OF_STATUS = {
    AgentStatus.CANDIDATE: AgentStep.APPLIED,
    AgentStatus.ACTIVE: AgentStep.APPOINTED,
    AgentStatus.SUSPENDED: AgentStep.SUSPENDED,
    AgentStatus.LEFT: AgentStep.ENDED,
}


def note(
    session: Session, *, agent_id: int, status: AgentStatus, on_day: date, actor_id: int | None
) -> None:
    """Store that an agent's status was set on a day."""
    step = OF_STATUS[status]
    session.add(AgentStepDone(agent_id=agent_id, step=step, on_day=on_day, recorded_by=actor_id))


def took(session: Session, agent_id: int, step: AgentStep) -> bool:
    """Whether an agent ever took a step."""
    query = select(AgentStepDone.id).where(
        AgentStepDone.agent_id == agent_id, AgentStepDone.step == step
    )
    return session.scalar(query.limit(1)) is not None
