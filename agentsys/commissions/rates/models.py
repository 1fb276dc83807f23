"""Tables of commission rates that people decided, and of what a change would have done."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from agentsys import clock
from agentsys.db import BigId, Model, text_of, words

LONGEST_BASIS = 300
LONGEST_NAME = 60  # of a rule's version, as lines keep it


class RatesState(StrEnum):
    """The state of proposed rates."""

    PROPOSED = "proposed"  # wait for a second person
    APPROVED = "approved"  # apply from their month on, until newer ones do
    REFUSED = "refused"  # by the second person
    WITHDRAWN = "withdrawn"  # by who proposed them


class RatesCertainty(StrEnum):
    """How certain rates are."""

    PUBLISHED = "published"  # the instrument says so
    DOUBTFUL = "doubtful"  # our reading of it


class CommissionRates(Model):
    """One rule with its settings for one office, or for all, from a month on; never edited."""

    __tablename__ = "commission_rates"

    id: Mapped[BigId]
    office_id: Mapped[int | None] = mapped_column(ForeignKey("offices.id"))  # None: all offices
    rule: Mapped[str] = mapped_column(text_of(30))
    valid_from: Mapped[date]
    is_on: Mapped[bool]  # False: the rule does not apply from then on
    values: Mapped[dict[str, Any]]  # the rule's settings; empty if it does not apply
    version: Mapped[str] = mapped_column(text_of(LONGEST_NAME))  # the instrument
    decree: Mapped[str] = mapped_column(text_of(LONGEST_NAME))  # the same in short
    certainty: Mapped[RatesCertainty] = mapped_column(words(RatesCertainty))
    basis: Mapped[str] = mapped_column(text_of(LONGEST_BASIS))  # why, and where it is written
    state: Mapped[RatesState] = mapped_column(words(RatesState), default=RatesState.PROPOSED)
    proposed_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    proposed_at: Mapped[datetime] = mapped_column(default=clock.now)
    tried_from: Mapped[date | None]  # the first month of the trial; None before there is one
    tried_at: Mapped[datetime | None]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(text_of(200), default="")  # of a refusal

    __table_args__ = (
        CheckConstraint("extract(day FROM valid_from) = 1", name="from_a_month"),
        CheckConstraint("basis <> ''", name="says_on_what_basis"),
        CheckConstraint("NOT is_on OR (version <> '' AND decree <> '')", name="names_its_source"),
        CheckConstraint("state = 'withdrawn' OR decided_by <> proposed_by", name="four_eyes"),
        CheckConstraint(
            "(state = 'proposed') = (decided_by IS NULL)"
            " AND (decided_by IS NULL) = (decided_at IS NULL)",
            name="decided_by_somebody",
        ),
        CheckConstraint("(tried_at IS NULL) = (tried_from IS NULL)", name="tried_from_a_month"),
        CheckConstraint("state <> 'approved' OR tried_at IS NOT NULL", name="tried_before"),
        CheckConstraint("state <> 'refused' OR reason <> ''", name="refused_for_a_reason"),
        Index(
            "uq_commission_rates_proposed",
            "rule",
            text("coalesce(office_id, 0)"),
            unique=True,
            postgresql_where=text("state = 'proposed'"),
        ),
        Index(
            "ix_commission_rates_approved",
            "valid_from",
            postgresql_where=text("state = 'approved'"),
        ),
    )


class RatesTrial(Model):
    """What proposed rates would have changed in one agent's month; nothing is granted by it."""

    __tablename__ = "commission_rates_trials"

    id: Mapped[BigId]
    rates_id: Mapped[int] = mapped_column(ForeignKey("commission_rates.id", ondelete="CASCADE"))
    month: Mapped[date]
    agent_id: Mapped[int] = mapped_column(ForeignKey("agents.id"))
    match_lines: Mapped[int]  # the same line with the same sum
    rate_lines: Mapped[int]  # the same line with another sum
    new_lines: Mapped[int]  # only with the proposed rates
    gone_lines: Mapped[int]  # only without them
    before_idr: Mapped[int]  # the agent's part and the office's
    after_idr: Mapped[int]
    rate_idr: Mapped[int]  # after less before, of the lines with another sum
    problem: Mapped[str] = mapped_column(text_of(500), default="")  # why it could not be computed

    __table_args__ = (UniqueConstraint("rates_id", "month", "agent_id"),)
