"""Tables of commission runs, statements and their lines."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship

from agentsys import clock
from agentsys.db import BigId, Model, text_of, words
from agentsys.extension.contract import Beneficiary
from agentsys.people.models import Agent, Office
from agentsys.terms.models import CommissionFunding


class StatementState(StrEnum):
    """The state of a commission statement."""

    SUBMITTED = "submitted"  # computed; waits for the supervisor
    RETURNED = "returned"  # the supervisor wants it computed again, and says why
    APPROVED = "approved"  # owed to the agent


class CommissionRun(Model):
    """One computation of a month's commissions; it can be closed only without failures."""

    __tablename__ = "commission_runs"

    id: Mapped[BigId]
    month: Mapped[date] = mapped_column(index=True)
    office_id: Mapped[int | None] = mapped_column(ForeignKey("offices.id"))  # None: all offices
    started_by: Mapped[int | None]
    started_at: Mapped[datetime] = mapped_column(default=clock.now)
    finished_at: Mapped[datetime | None]
    agents: Mapped[int] = mapped_column(default=0)
    lines: Mapped[int] = mapped_column(default=0)
    amount_idr: Mapped[int] = mapped_column(default=0)
    failures: Mapped[dict[str, Any]] = mapped_column(default=dict)  # agent code -> what went wrong

    __table_args__ = (
        Index("ix_commission_runs_open", "office_id", postgresql_where=text("finished_at IS NULL")),
    )


class Statement(Model):
    """What one agent, or the office for that agent's work, earned in one month of confirmations."""

    __tablename__ = "statements"

    id: Mapped[BigId]
    agent_id: Mapped[int] = mapped_column(ForeignKey("agents.id"))
    office_id: Mapped[int] = mapped_column(ForeignKey("offices.id"))
    month: Mapped[date]
    state: Mapped[StatementState] = mapped_column(
        words(StatementState), default=StatementState.SUBMITTED
    )
    agent_idr: Mapped[int] = mapped_column(default=0)
    office_idr: Mapped[int] = mapped_column(default=0)
    base_idr: Mapped[int] = mapped_column(default=0)  # the contributions in its basis
    contributions: Mapped[int] = mapped_column(default=0)
    lines_hash: Mapped[bytes] = mapped_column(
        LargeBinary
    )  # compared on approval, so that only the lines shown are approved
    run_id: Mapped[int] = mapped_column(ForeignKey("commission_runs.id"))
    computed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))  # who made these lines
    computed_at: Mapped[datetime] = mapped_column(
        default=clock.now
    )  # when they were last computed unchanged
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_for: Mapped[int | None] = mapped_column(ForeignKey("users.id"))  # by a delegate
    decided_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(text_of(300), default="")
    funding: Mapped[CommissionFunding | None] = mapped_column(
        words(CommissionFunding)
    )  # None until it is approved
    # What of the agent's part was on hold when it was approved; kept because the holds end.
    held_idr: Mapped[int] = mapped_column(default=0, server_default="0")
    received_idr: Mapped[int | None]  # what BPJS paid of the agent's part; None before that

    @hybrid_property
    def total_idr(self) -> int:
        """What approving it costs: the agent's part and the office's."""
        return self.agent_idr + self.office_idr

    agent: Mapped[Agent] = relationship()
    office: Mapped[Office] = relationship()
    lines: Mapped[list[StatementLine]] = relationship(order_by="StatementLine.id")

    __table_args__ = (
        UniqueConstraint("agent_id", "month"),
        CheckConstraint("(state = 'submitted') = (decided_by IS NULL)", name="decided_by_somebody"),
        CheckConstraint("state <> 'approved' OR decided_by <> computed_by", name="four_eyes"),
        CheckConstraint("state <> 'approved' OR decided_for <> computed_by", name="nor_for_them"),
        CheckConstraint("decided_for <> decided_by", name="for_somebody_else"),
        CheckConstraint("(state = 'approved') = (funding IS NOT NULL)", name="booked_by_funding"),
        Index("ix_statements_waiting", "month", postgresql_where=text("state = 'submitted'")),
        Index("ix_statements_returned", "office_id", postgresql_where=text("state = 'returned'")),
        Index(
            "ix_statements_approved_sums",
            "month",
            "id",
            postgresql_include=["agent_id", "office_id", "agent_idr", "office_idr"],
            postgresql_where=text("state = 'approved'"),
        ),
    )


class StatementLine(Model):
    """One amount with its reason; a contribution is paid once for each rule and beneficiary."""

    __tablename__ = "statement_lines"

    id: Mapped[BigId]
    statement_id: Mapped[int] = mapped_column(ForeignKey("statements.id"), index=True)
    rule: Mapped[str] = mapped_column(text_of(60))
    version: Mapped[str] = mapped_column(text_of(60))
    beneficiary: Mapped[Beneficiary] = mapped_column(words(Beneficiary))
    subject: Mapped[str] = mapped_column(text_of(40))  # worker:7:2026-11, or agent:3:2026-11
    worker_id: Mapped[int | None]
    month: Mapped[date | None]
    amount_idr: Mapped[int]
    reason: Mapped[dict[str, Any]]

    __table_args__ = (
        UniqueConstraint("subject", "rule", "beneficiary"),
        Index(None, "worker_id", "month"),
    )


class KeptEstimate(Model):
    """The running month's commission of an agent with many workers, as a job last computed it."""

    __tablename__ = "kept_estimates"

    agent_id: Mapped[int] = mapped_column(ForeignKey("agents.id"), primary_key=True)
    month: Mapped[date]
    gross_idr: Mapped[int | None]  # None while a rule fails
    confirmed: Mapped[int]
    counted: Mapped[int]
    waiting: Mapped[int]
    not_new: Mapped[int]
    at: Mapped[datetime]
