"""Table of the groups in which an office's workers are: villages, markets, platforms and others."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from agentsys import clock
from agentsys.db import BigId, Model, text_of, words
from agentsys.workers.kinds import Ecosystem, GroupKind


class WorkerGroup(Model):
    """A village, RT, market, platform or cooperative in which workers of one office are.

    Groups are never deleted: a closed one is not offered any more, and keeps its workers.
    """

    __tablename__ = "worker_groups"

    id: Mapped[BigId]
    office_id: Mapped[int] = mapped_column(ForeignKey("offices.id"))
    ecosystem: Mapped[Ecosystem] = mapped_column(words(Ecosystem))
    kind: Mapped[GroupKind] = mapped_column(words(GroupKind))
    name: Mapped[str] = mapped_column(text_of(80))
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    closed_on: Mapped[date | None]

    __table_args__ = (
        Index(
            "uq_worker_groups_name",
            "office_id",
            "kind",
            func.lower(text("name")).label("lower_name"),
            unique=True,
        ),
        CheckConstraint("length(name) > 0", name="has_a_name"),
    )
