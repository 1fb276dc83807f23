"""The table of requests about personal data."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from agentsys import clock
from agentsys.db import BigId, Model, text_of, words


class DataRequestKind(StrEnum):
    """What a worker asks for (UU 27/2022, articles 5 to 13)."""

    COPY = "copy"
    CORRECTION = "correction"
    WITHDRAWAL = "withdrawal"  # of the consent
    ERASURE = "erasure"


class DataRequestState(StrEnum):
    """The state of a request."""

    OPEN = "open"  # waits for the office
    DONE = "done"
    REFUSED = "refused"  # with a reason that the worker is told


class DataRequest(Model):
    """A worker's request about personal data, and what became of it."""

    __tablename__ = "data_requests"

    id: Mapped[BigId]
    worker_id: Mapped[int] = mapped_column(ForeignKey("workers.id"))
    office_id: Mapped[int] = mapped_column(ForeignKey("offices.id"))
    kind: Mapped[DataRequestKind] = mapped_column(words(DataRequestKind))
    asked_how: Mapped[str] = mapped_column(text_of(200))  # who asked, and how we know it was him
    state: Mapped[DataRequestState] = mapped_column(
        words(DataRequestState), default=DataRequestState.OPEN
    )
    asked_by: Mapped[int] = mapped_column(ForeignKey("users.id"))  # who recorded it
    asked_at: Mapped[datetime] = mapped_column(default=clock.now)
    due_at: Mapped[datetime]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(text_of(200), default="", server_default="")

    __table_args__ = (
        CheckConstraint("asked_how <> ''", name="asked_by_somebody"),
        CheckConstraint(
            "(state = 'open') = (decided_by IS NULL)"
            " AND (decided_by IS NULL) = (decided_at IS NULL)",
            name="decided_by_somebody",
        ),
        CheckConstraint(
            "kind <> 'erasure' OR state <> 'done' OR decided_by <> asked_by", name="four_eyes"
        ),
        CheckConstraint("state = 'open' OR note <> ''", name="answered_with_a_note"),
        Index(
            "uq_data_requests_open",
            "worker_id",
            "kind",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
        Index(None, "worker_id", "id"),
    )
