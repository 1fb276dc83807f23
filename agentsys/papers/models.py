"""The table of agents' papers."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from agentsys import clock
from agentsys.db import BigId, Model, text_of, words
from agentsys.scans.kinds import ScanKind


class PaperKind(StrEnum):
    """What a paper is."""

    CERTIFICATE = "certificate"  # of the training
    CARD = "card"
    LETTER = "letter"  # of assignment
    PKS = "pks"  # the contract with the office


class AgentPaper(Model):
    """One paper of an agent; a newer one of its kind replaces it."""

    __tablename__ = "agent_papers"

    id: Mapped[BigId]
    agent_id: Mapped[int] = mapped_column(ForeignKey("agents.id"))
    kind: Mapped[PaperKind] = mapped_column(words(PaperKind))
    number: Mapped[str] = mapped_column(text_of(60))
    from_on: Mapped[date]
    until_on: Mapped[date | None]  # the last day; None if it does not end
    scan_key: Mapped[str] = mapped_column(text_of(40), unique=True)  # where the scan is sealed
    scan_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    scan_kind: Mapped[ScanKind | None] = mapped_column(words(ScanKind))
    recorded_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    recorded_at: Mapped[datetime] = mapped_column(default=clock.now)
    replaced_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("number <> ''", name="has_a_number"),
        CheckConstraint("until_on >= from_on", name="ends_after_it_began"),
        CheckConstraint("(scan_sealed IS NULL) = (scan_kind IS NULL)", name="scan_has_a_kind"),
        Index(
            "uq_agent_papers_present",
            "agent_id",
            "kind",
            unique=True,
            postgresql_where=text("replaced_at IS NULL"),
        ),
        Index("ix_agent_papers_ending", "until_on", postgresql_where=text("replaced_at IS NULL")),
    )
