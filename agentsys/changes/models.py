"""The table of proposed changes of workers."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from agentsys import clock
from agentsys.db import BigId, Model, text_of, words
from agentsys.payments.transitions import Transition
from agentsys.people.permissions import Permission


class ChangeState(StrEnum):
    """The state of a proposed change."""

    PROPOSED = "proposed"  # waits for a second person
    PLANNED = "planned"  # approved for a later month; a job makes it when the month begins
    APPROVED = "approved"  # done
    REFUSED = "refused"  # by the second person; nothing was changed
    WITHDRAWN = "withdrawn"  # by who proposed it, or before its month; the price stays


class ChangeAction(StrEnum):
    """What a person of the office does with a proposed or planned change."""

    APPROVE = "approve"
    REFUSE = "refuse"
    CANCEL = "cancel"  # of a planned one


CHANGE_TRANSITIONS = {
    (ChangeState.PROPOSED, ChangeAction.APPROVE): Transition(
        ChangeState.APPROVED, by=Permission.CHANGE_APPROVE
    ),
    (ChangeState.PROPOSED, ChangeAction.REFUSE): Transition(
        ChangeState.REFUSED, by=Permission.CHANGE_APPROVE
    ),
    (ChangeState.PLANNED, ChangeAction.CANCEL): Transition(
        ChangeState.WITHDRAWN, by=Permission.CHANGE_APPROVE
    ),
}


class WorkerChange(Model):
    """A change of what moves money or identity: one person proposes it, another approves it.

    `before` and `after` hold the changed fields by name, a NIK masked; the new NIK itself is
    encrypted.
    """

    __tablename__ = "worker_changes"

    id: Mapped[BigId]
    worker_id: Mapped[int] = mapped_column(ForeignKey("workers.id"), index=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("offices.id"))
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
    nik_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    nik_index: Mapped[bytes | None] = mapped_column(LargeBinary)
    from_month: Mapped[date]  # open months from here on get the new price
    effect: Mapped[list[dict[str, Any]]]  # the months and prices that the proposer was shown
    reason: Mapped[str] = mapped_column(text_of(200))
    state: Mapped[ChangeState] = mapped_column(words(ChangeState), default=ChangeState.PROPOSED)
    proposed_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    proposed_at: Mapped[datetime] = mapped_column(default=clock.now)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(text_of(200), default="", server_default="")  # why refused

    __table_args__ = (
        CheckConstraint("reason <> ''", name="has_a_reason"),
        CheckConstraint("extract(day FROM from_month) = 1", name="from_is_a_month"),
        CheckConstraint(
            "(nik_sealed IS NULL) = (nik_index IS NULL)"
            " AND (nik_index IS NULL) = NOT after ? 'nik'",
            name="nik_is_whole",
        ),
        CheckConstraint(
            "state NOT IN ('planned', 'approved', 'refused') OR decided_by <> proposed_by",
            name="four_eyes",
        ),
        CheckConstraint(
            "(state = 'proposed') = (decided_by IS NULL)"
            " AND (decided_by IS NULL) = (decided_at IS NULL)",
            name="decided_by_somebody",
        ),
        # One at a time, so that each is decided against what it was proposed for.
        Index(
            "uq_worker_changes_proposed",
            "worker_id",
            unique=True,
            postgresql_where=text("state = 'proposed'"),
        ),
        Index(
            "uq_worker_changes_planned",
            "worker_id",
            unique=True,
            postgresql_where=text("state = 'planned'"),
        ),
        Index("ix_worker_changes_due", "from_month", postgresql_where=text("state = 'planned'")),
    )
