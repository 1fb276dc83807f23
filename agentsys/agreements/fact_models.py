"""Tables of facts that decide whom a sponsor pays for, and of what agreements ask."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from agentsys import clock
from agentsys.agreements.kinds import Certainty, FactKind, FactListState
from agentsys.db import BigId, Model, text_of, words


class FactList(Model):
    """An uploaded list of facts: from which source and version, of which day, and how sure."""

    __tablename__ = "fact_lists"

    id: Mapped[BigId]
    office_id: Mapped[int] = mapped_column(ForeignKey("offices.id"), index=True)
    source: Mapped[str] = mapped_column(text_of(80))  # DTSEN, for example
    version: Mapped[str] = mapped_column(text_of(40))
    data_on: Mapped[date]
    certainty: Mapped[Certainty] = mapped_column(words(Certainty))
    state: Mapped[FactListState] = mapped_column(
        words(FactListState), default=FactListState.CHECKED
    )
    filename: Mapped[str] = mapped_column(text_of(120))
    rows: Mapped[int]
    matched: Mapped[int]  # rows of workers of the office
    unmatched: Mapped[int]  # rows of other people: nothing of them is stored
    refused: Mapped[int]  # rows that cannot be read, or that contradict an earlier one
    problems: Mapped[list[dict[str, Any]]]  # the first of them: row and reason, no personal data
    made_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime] = mapped_column(default=clock.now)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("matched + unmatched + refused = rows", name="every_row_is_counted_once"),
        CheckConstraint("(state = 'checked') = (decided_at IS NULL)", name="decided_at_a_time"),
    )


class WorkerFact(Model):
    """A fact of a worker according to one list; it counts once the list is applied."""

    __tablename__ = "worker_facts"

    list_id: Mapped[int] = mapped_column(
        ForeignKey("fact_lists.id"), primary_key=True, autoincrement=False
    )
    worker_id: Mapped[int] = mapped_column(
        ForeignKey("workers.id"), primary_key=True, autoincrement=False
    )
    kind: Mapped[FactKind] = mapped_column(words(FactKind), primary_key=True)
    value: Mapped[str] = mapped_column(text_of(60))

    __table_args__ = (Index("ix_worker_facts_worker_id", "worker_id", "kind"),)


class Criterion(Model):
    """What an agreement asks of its workers; one for each kind of fact."""

    __tablename__ = "criteria"

    agreement_id: Mapped[int] = mapped_column(
        ForeignKey("agreements.id"), primary_key=True, autoincrement=False
    )
    kind: Mapped[FactKind] = mapped_column(words(FactKind), primary_key=True)
    wanted: Mapped[str] = mapped_column(text_of(200))  # the highest decile, `yes`, or classes
    made_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime] = mapped_column(default=clock.now)
