"""Tables of workers who may be one person."""

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


class PairState(StrEnum):
    """The state of a pair of workers who may be one person."""

    OPEN = "open"  # nobody has looked at it yet
    DIFFERENT = "different"  # two persons; shown again only for a new reason
    MERGED = "merged"  # one person; a merge set it, and undoing that opens it again


class PairAction(StrEnum):
    """What a user says about a pair."""

    DIFFERENT = "different"
    LOOK_AGAIN = "look_again"


PAIR_TRANSITIONS = {
    (PairState.OPEN, PairAction.DIFFERENT): Transition(
        PairState.DIFFERENT, by=Permission.DUPLICATE_DECIDE
    ),
    (PairState.DIFFERENT, PairAction.LOOK_AGAIN): Transition(
        PairState.OPEN, by=Permission.DUPLICATE_DECIDE
    ),
}


class DuplicatePair(Model):
    """Two workers who may be one person, with the reasons and the points of each.

    No foreign keys of the workers: they are never deleted, and checking them would lock the rows
    of workers whom somebody changes.
    """

    __tablename__ = "duplicate_pairs"

    id: Mapped[BigId]
    first_id: Mapped[int]  # the smaller id of the two
    second_id: Mapped[int] = mapped_column(index=True)
    office_id: Mapped[int | None]  # of both; None if they are in two offices
    score: Mapped[int]  # 0 to 100
    reasons: Mapped[dict[str, Any]]  # points by reason, as the table said when it was found
    state: Mapped[PairState] = mapped_column(words(PairState), default=PairState.OPEN)
    found_at: Mapped[datetime] = mapped_column(default=clock.now)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(text_of(200), default="", server_default="")

    __table_args__ = (
        CheckConstraint("first_id < second_id", name="in_order"),
        CheckConstraint("score BETWEEN 0 AND 100", name="score_is_percent"),
        CheckConstraint(
            "(decided_by IS NULL) = (decided_at IS NULL)"
            " AND (state = 'different') = (note <> '')"
            " AND (state = 'open') = (decided_by IS NULL)",
            name="decided_by_somebody_for_a_reason",
        ),
        Index("uq_duplicate_pairs_first_id_second_id", "first_id", "second_id", unique=True),
        Index(
            "ix_duplicate_pairs_open",
            "office_id",
            "id",
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_duplicate_pairs_score", "score", "id"),
    )


class DuplicateCheck(Model):
    """A worker who is new or was changed, and is to be compared with the others.

    Triggers of `workers` write it. A worker may have several rows, so that nobody waits for a row
    that a job is about to delete.
    """

    __tablename__ = "duplicate_checks"

    id: Mapped[BigId]
    worker_id: Mapped[int]
