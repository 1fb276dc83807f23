"""The tables of stages: from which sum on more people approve, and each approval that was given."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from agentsys import clock
from agentsys.db import BigId, Model, text_of, words

LONGEST_BASIS = 300


class StageBy(StrEnum):
    """Who gives a later approval; the permissions are in `stages`."""

    SECOND = "second"  # finance, or an admin
    LAST = "last"  # an admin


class StageRuleState(StrEnum):
    """The state of a proposed rule of stages."""

    PROPOSED = "proposed"  # waits for a second person
    APPROVED = "approved"  # applies from its day on, until a newer one does
    REFUSED = "refused"  # by the second person
    WITHDRAWN = "withdrawn"  # by who proposed it


class StageRule(Model):
    """From which sums on an office, or all, needs more approvals; never edited."""

    __tablename__ = "stage_rules"

    id: Mapped[BigId]
    office_id: Mapped[int | None] = mapped_column(ForeignKey("offices.id"))  # None: all offices
    valid_from: Mapped[date]
    second_from_idr: Mapped[int | None]  # None: one approval is enough for every sum
    second_by: Mapped[StageBy | None] = mapped_column(words(StageBy, name="second_by"))
    third_from_idr: Mapped[int | None]
    third_by: Mapped[StageBy | None] = mapped_column(words(StageBy, name="third_by"))
    basis: Mapped[str] = mapped_column(text_of(LONGEST_BASIS))
    state: Mapped[StageRuleState] = mapped_column(
        words(StageRuleState), default=StageRuleState.PROPOSED
    )
    proposed_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    proposed_at: Mapped[datetime] = mapped_column(default=clock.now)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(text_of(200), default="")  # of a refusal

    __table_args__ = (
        CheckConstraint(
            "(second_from_idr IS NULL) = (second_by IS NULL)"
            " AND (third_from_idr IS NULL) = (third_by IS NULL)",
            name="says_by_whom",
        ),
        CheckConstraint(
            "second_from_idr >= 0 AND coalesce(third_from_idr >= second_from_idr, true)"
            " OR second_from_idr IS NULL AND third_from_idr IS NULL",
            name="stages_rise",
        ),
        CheckConstraint("basis <> ''", name="says_on_what_basis"),
        CheckConstraint("state = 'withdrawn' OR decided_by <> proposed_by", name="four_eyes"),
        CheckConstraint(
            "(state = 'proposed') = (decided_by IS NULL)"
            " AND (decided_by IS NULL) = (decided_at IS NULL)",
            name="decided_by_somebody",
        ),
        CheckConstraint("state <> 'refused' OR reason <> ''", name="refused_for_a_reason"),
        Index(
            "uq_stage_rules_proposed",
            text("coalesce(office_id, 0)"),
            unique=True,
            postgresql_where=text("state = 'proposed'"),
        ),
        Index("ix_stage_rules_approved", "valid_from", postgresql_where=text("state = 'approved'")),
    )


class StatementApproval(Model):
    """One approval of a statement's lines; the last one of its stages makes it approved."""

    __tablename__ = "statement_approvals"

    id: Mapped[BigId]
    statement_id: Mapped[int] = mapped_column(ForeignKey("statements.id", ondelete="CASCADE"))
    lines_hash: Mapped[bytes] = mapped_column(LargeBinary)  # other lines need other approvals
    stage: Mapped[int]  # from 1
    stages: Mapped[int]  # how many are needed, as the first approval found
    rule_id: Mapped[int | None] = mapped_column(ForeignKey("stage_rules.id"))
    next_by: Mapped[StageBy | None] = mapped_column(words(StageBy, name="next_by"))
    approved_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    on_behalf_of: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    approved_at: Mapped[datetime] = mapped_column(default=clock.now)
    voided_at: Mapped[datetime | None]  # when the statement was returned after it

    __table_args__ = (
        CheckConstraint("1 <= stage AND stage <= stages", name="one_of_the_stages"),
        CheckConstraint("(stage = stages) = (next_by IS NULL)", name="says_who_is_next"),
        CheckConstraint("on_behalf_of <> approved_by", name="for_somebody_else"),
        Index(
            "uq_statement_approvals_stage",
            "statement_id",
            "lines_hash",
            "stage",
            unique=True,
            postgresql_where=text("voided_at IS NULL"),
        ),
        Index(
            "uq_statement_approvals_person",
            "statement_id",
            "lines_hash",
            "approved_by",
            unique=True,
            postgresql_where=text("voided_at IS NULL"),
        ),
        Index(
            "uq_statement_approvals_voice",
            "statement_id",
            "lines_hash",
            text("coalesce(on_behalf_of, approved_by)"),
            unique=True,
            postgresql_where=text("voided_at IS NULL"),
        ),
    )
