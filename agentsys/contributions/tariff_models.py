"""Tariff tables that people proposed; the released ones count beside those of the package."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from agentsys import clock
from agentsys.db import BigId, Model, text_of, words

LONGEST_INSTRUMENT = 40
LONGEST_SOURCE = 300


class TariffKind(StrEnum):
    """What a tariff table is about."""

    JKK = "jkk"
    JKM = "jkm"
    JHT = "jht"
    DISCOUNT = "discount"


class TariffCertainty(StrEnum):
    """How sure a tariff table is."""

    SOURCED = "sourced"  # read in a source
    SECONDARY = "secondary"  # in a source of low authority, to be confirmed
    UNSURE = "unsure"  # our decision until BPJS answers


class TariffState(StrEnum):
    """The state of a tariff table."""

    PROPOSED = "proposed"  # waits for a second person
    RELEASED = "released"  # counts from its month on; a correction is a new table
    REFUSED = "refused"  # by the second person
    WITHDRAWN = "withdrawn"  # by who proposed it


class TariffTable(Model):
    """One table of amounts or discounts from a month on, for all offices; never edited."""

    __tablename__ = "tariff_tables"

    id: Mapped[BigId]
    kind: Mapped[TariffKind] = mapped_column(words(TariffKind))
    instrument: Mapped[str] = mapped_column(text_of(LONGEST_INSTRUMENT))  # the decree
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]  # the last month; None while it is in force
    certainty: Mapped[TariffCertainty] = mapped_column(words(TariffCertainty))
    source: Mapped[str] = mapped_column(text_of(LONGEST_SOURCE))  # where it was read
    rows: Mapped[list[dict[str, Any]]]
    digest: Mapped[str] = mapped_column(text_of(64))  # of all that makes a price
    state: Mapped[TariffState] = mapped_column(words(TariffState), default=TariffState.PROPOSED)
    proposed_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    proposed_at: Mapped[datetime] = mapped_column(default=clock.now)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(text_of(200), default="")  # of a refusal
    effect: Mapped[dict[str, Any]] = mapped_column(default=dict)  # what its release changed

    __table_args__ = (
        CheckConstraint("extract(day FROM valid_from) = 1", name="from_a_month"),
        CheckConstraint(
            "extract(day FROM valid_until) = 1 AND valid_until >= valid_from", name="until_a_month"
        ),
        CheckConstraint("instrument <> '' AND source <> ''", name="says_where_from"),
        CheckConstraint("jsonb_array_length(rows) > 0", name="has_rows"),
        CheckConstraint("state = 'withdrawn' OR decided_by <> proposed_by", name="four_eyes"),
        CheckConstraint(
            "(state = 'proposed') = (decided_by IS NULL)"
            " AND (decided_by IS NULL) = (decided_at IS NULL)",
            name="decided_by_somebody",
        ),
        CheckConstraint("state <> 'refused' OR reason <> ''", name="refused_for_a_reason"),
        Index(
            "uq_tariff_tables_proposed",
            "kind",
            "valid_from",
            unique=True,
            postgresql_where=text("state = 'proposed'"),
        ),
        Index(
            "ix_tariff_tables_released",
            "decided_at",
            postgresql_where=text("state = 'released'"),
        ),
    )
