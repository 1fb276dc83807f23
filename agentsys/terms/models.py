"""The table of commission terms that people decided; without one, the package's terms apply."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from agentsys import clock
from agentsys.db import BigId, Model, text_of, words

LONGEST_BASIS = 300


class CommissionFunding(StrEnum):
    """Whose money commissions are."""

    BPJS = "bpjs"  # BPJS pays the office, which passes the agents' part on
    OWN = "own"  # the office pays from its own pocket


class Withholder(StrEnum):
    """Who withholds income tax on one leg of the payment."""

    BPJS = "bpjs"
    OFFICE = "office"
    NOBODY = "nobody"


class TaxPeriod(StrEnum):
    """Over which time the progressive rates of an agent's income tax are counted."""

    MONTH = "month"  # each month by itself
    YEAR = "year"  # cumulated over the calendar year


class TermsState(StrEnum):
    """The state of proposed terms."""

    PROPOSED = "proposed"  # wait for a second person
    APPROVED = "approved"  # apply from their month on, until newer ones do
    REFUSED = "refused"  # by the second person
    WITHDRAWN = "withdrawn"  # by who proposed them


class CommissionTerms(Model):
    """Terms of one office, or of all, from a month on; never edited."""

    __tablename__ = "commission_terms"

    id: Mapped[BigId]
    office_id: Mapped[int | None] = mapped_column(ForeignKey("offices.id"))  # None: all offices
    valid_from: Mapped[date]
    funding: Mapped[CommissionFunding] = mapped_column(words(CommissionFunding))
    agent_tax_by: Mapped[Withholder] = mapped_column(words(Withholder, name="agent_tax_by"))
    office_tax_by: Mapped[Withholder] = mapped_column(words(Withholder, name="office_tax_by"))
    tax_period: Mapped[TaxPeriod] = mapped_column(words(TaxPeriod))
    minimum_idr: Mapped[int]  # less is paid later, together with what follows
    basis: Mapped[str] = mapped_column(text_of(LONGEST_BASIS))  # the agreement or advice
    state: Mapped[TermsState] = mapped_column(words(TermsState), default=TermsState.PROPOSED)
    proposed_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    proposed_at: Mapped[datetime] = mapped_column(default=clock.now)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(text_of(200), default="")  # of a refusal

    __table_args__ = (
        CheckConstraint("extract(day FROM valid_from) = 1", name="from_a_month"),
        CheckConstraint("minimum_idr >= 0", name="minimum_is_no_debt"),
        CheckConstraint("basis <> ''", name="says_on_what_basis"),
        CheckConstraint("office_tax_by <> 'office'", name="nobody_withholds_from_himself"),
        CheckConstraint("state = 'withdrawn' OR decided_by <> proposed_by", name="four_eyes"),
        CheckConstraint(
            "(state = 'proposed') = (decided_by IS NULL)"
            " AND (decided_by IS NULL) = (decided_at IS NULL)",
            name="decided_by_somebody",
        ),
        CheckConstraint("state <> 'refused' OR reason <> ''", name="refused_for_a_reason"),
        Index(
            "uq_commission_terms_proposed",
            text("coalesce(office_id, 0)"),
            unique=True,
            postgresql_where=text("state = 'proposed'"),
        ),
        Index(
            "ix_commission_terms_approved",
            "valid_from",
            postgresql_where=text("state = 'approved'"),
        ),
    )
