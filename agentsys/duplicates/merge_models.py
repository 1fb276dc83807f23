"""The table of merges: two records of one person become one."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from agentsys import clock
from agentsys.db import BigId, Model, text_of, words
from agentsys.payments.transitions import Transition
from agentsys.people.permissions import Permission


class MergeState(StrEnum):
    """The state of a merge."""

    PROPOSED = "proposed"  # waits for a second person; nothing has changed
    DONE = "done"  # the merged worker points to the one that is kept
    REFUSED = "refused"  # by the second person; nothing was changed
    WITHDRAWN = "withdrawn"  # by who proposed it; nothing was changed
    UNDONE = "undone"  # everything is as it was before


class MergeAction(StrEnum):
    """What a user does with a merge."""

    APPROVE = "approve"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    UNDO = "undo"


MERGE_TRANSITIONS = {
    (MergeState.PROPOSED, MergeAction.APPROVE): Transition(
        MergeState.DONE, by=Permission.MERGE_APPROVE
    ),
    (MergeState.PROPOSED, MergeAction.REFUSE): Transition(
        MergeState.REFUSED, by=Permission.MERGE_APPROVE
    ),
    (MergeState.PROPOSED, MergeAction.WITHDRAW): Transition(
        MergeState.WITHDRAWN, by=Permission.DUPLICATE_DECIDE
    ),
    (MergeState.DONE, MergeAction.UNDO): Transition(MergeState.UNDONE, by=Permission.MERGE_APPROVE),
}


class WorkerMerge(Model):
    """Two records of one person: which one is kept, what merging did, and what was before."""

    __tablename__ = "worker_merges"

    id: Mapped[BigId]
    kept_id: Mapped[int] = mapped_column(ForeignKey("workers.id"), index=True)
    merged_id: Mapped[int] = mapped_column(ForeignKey("workers.id"), index=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("offices.id"))
    reason: Mapped[str] = mapped_column(text_of(200))
    effect: Mapped[dict[str, Any]]  # what the proposer was shown; once done, what it did
    before: Mapped[dict[str, Any]]  # what undoing restores; empty until it is done
    state: Mapped[MergeState] = mapped_column(words(MergeState), default=MergeState.PROPOSED)
    proposed_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    proposed_at: Mapped[datetime] = mapped_column(default=clock.now)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(text_of(200), default="", server_default="")  # why refused
    undone_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    undone_at: Mapped[datetime | None]
    undo_reason: Mapped[str] = mapped_column(text_of(200), default="", server_default="")

    __table_args__ = (
        CheckConstraint("kept_id <> merged_id", name="of_two"),
        CheckConstraint("reason <> ''", name="has_a_reason"),
        CheckConstraint(
            "state NOT IN ('done', 'refused', 'undone') OR decided_by <> proposed_by",
            name="four_eyes",
        ),
        CheckConstraint(
            "(state = 'proposed') = (decided_by IS NULL)"
            " AND (decided_by IS NULL) = (decided_at IS NULL)",
            name="decided_by_somebody",
        ),
        CheckConstraint(
            "(state = 'undone') = (undone_by IS NOT NULL)"
            " AND (undone_by IS NULL) = (undone_at IS NULL)"
            " AND (undone_by IS NULL) = (undo_reason = '')",
            name="undone_by_somebody_for_a_reason",
        ),
        # One at a time, so that each is decided against what it was proposed for.
        Index(
            "uq_worker_merges_proposed",
            "merged_id",
            unique=True,
            postgresql_where=text("state = 'proposed'"),
        ),
        Index(
            "uq_worker_merges_done",
            "merged_id",
            unique=True,
            postgresql_where=text("state = 'done'"),
        ),
    )
