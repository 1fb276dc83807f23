"""Table of the agents to whom an office gives the workers of a kelurahan."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from agentsys import clock
from agentsys.db import Model, text_of


class KelurahanAgent(Model):
    """The agent who gets the new workers of a kelurahan; it moves nobody who has an agent.

    `key` is the name without capitals and blanks, as lists spell it in many ways.
    """

    __tablename__ = "kelurahan_agents"

    office_id: Mapped[int] = mapped_column(
        ForeignKey("offices.id"), primary_key=True, autoincrement=False
    )
    key: Mapped[str] = mapped_column(text_of(80), primary_key=True)
    kelurahan: Mapped[str] = mapped_column(text_of(80))
    agent_id: Mapped[int] = mapped_column(ForeignKey("agents.id"), index=True)
    set_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    set_at: Mapped[datetime] = mapped_column(default=clock.now)

    __table_args__ = (CheckConstraint("key <> ''", name="has_a_name"),)
