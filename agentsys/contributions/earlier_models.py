"""Months that were paid to BPJS elsewhere, or that count from before this system."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from agentsys import clock
from agentsys.db import BigId, Model, text_of, words


class EarlierKind(StrEnum):
    """Why months count that nobody paid through us."""

    ELSEWHERE = "elsewhere"  # the worker paid BPJS in another way, such as JMO or Indomaret
    BEFORE = "before"  # they were paid before the office used this system
    MERGED = "merged"  # they were paid under another record of the same person


class EarlierState(StrEnum):
    """How far a record of earlier months is; see `memberships.earlier` for what leads where."""

    PROPOSED = "proposed"  # recorded, waits for a second person
    REFUSED = "refused"  # by the second person
    COUNTED = "counted"  # counts for cover and for the number of a month
    RETRACTING = "retracting"  # somebody asks to take it back; it counts meanwhile
    TAKEN_BACK = "taken_back"  # it was a mistake, and does not count any more


LIVE = (EarlierState.PROPOSED, EarlierState.COUNTED, EarlierState.RETRACTING)
COUNTS = (EarlierState.COUNTED, EarlierState.RETRACTING)


class EarlierPeriod(Model):
    """Months of one worker without a gap, with the evidence that BPJS has the money."""

    __tablename__ = "earlier_periods"

    id: Mapped[BigId]
    worker_id: Mapped[int]
    office_id: Mapped[int]
    agent_id: Mapped[int | None]  # whose month numbers they count for
    from_month: Mapped[date]
    until_month: Mapped[date]  # the first month that is not part of it
    kind: Mapped[EarlierKind] = mapped_column(words(EarlierKind))
    evidence: Mapped[str] = mapped_column(text_of(200))  # a document's number, or who said it
    state: Mapped[EarlierState] = mapped_column(words(EarlierState), default=EarlierState.PROPOSED)
    proposed_by: Mapped[int]
    proposed_at: Mapped[datetime] = mapped_column(default=clock.now)
    decided_by: Mapped[int | None]
    decided_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(text_of(200), server_default="")  # of a refusal or retract
    retracted_by: Mapped[int | None]  # who asked to take it back
    retracted_at: Mapped[datetime | None]
    changed_at: Mapped[datetime | None]  # when it began to count, or ceased to
    merge_id: Mapped[int | None]  # the merge that they come from

    __table_args__ = (
        CheckConstraint("extract(day FROM from_month) = 1", name="from_is_a_month"),
        CheckConstraint("extract(day FROM until_month) = 1", name="until_is_a_month"),
        CheckConstraint("until_month > from_month", name="ends_after_it_began"),
        CheckConstraint("evidence <> ''", name="has_evidence"),
        CheckConstraint("(kind = 'merged') = (merge_id IS NOT NULL)", name="merged_by_a_merge"),
        CheckConstraint("decided_by <> proposed_by", name="decided_by_another"),
        CheckConstraint(
            "(state IN ('proposed')) = (decided_by IS NULL)", name="decided_by_somebody"
        ),
        CheckConstraint(
            "state NOT IN ('refused', 'retracting', 'taken_back') OR reason <> ''",
            name="has_a_reason",
        ),
        ExcludeConstraint(
            ("worker_id", "="),
            (text("daterange(from_month, until_month)"), "&&"),
            name="ex_earlier_periods_overlap",
            using="gist",
            where=text("state IN ('proposed', 'counted', 'retracting')"),
        ),
        Index(
            "ix_earlier_periods_counted",
            "worker_id",
            "from_month",
            postgresql_where=text("state IN ('counted', 'retracting')"),
        ),
        Index(
            "ix_earlier_periods_waiting",
            "office_id",
            "id",
            postgresql_where=text("state IN ('proposed', 'retracting')"),
        ),
        Index(None, "worker_id"),
        Index(
            "ix_earlier_periods_merge", "merge_id", postgresql_where=text("merge_id IS NOT NULL")
        ),
    )
