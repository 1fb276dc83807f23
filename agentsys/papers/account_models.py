"""The table of agents' bank accounts and NPWPs."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from agentsys import clock
from agentsys.db import BigId, Model, text_of, words
from agentsys.scans.kinds import ScanKind


class AgentAccountState(StrEnum):
    """How far a proposed account is."""

    PROPOSED = "proposed"
    APPROVED = "approved"  # in force from `in_force_on` on, until a newer one is
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"  # by who proposed it
    STOPPED = "stopped"  # by the agent, who says that it is not his or hers


class NpwpKind(StrEnum):
    """What a taxpayer number is, by its form."""

    OLD = "npwp15"
    NEW = "npwp16"  # an old one with a zero in front
    NIK = "nik"


class AgentAccount(Model):
    """A bank account, and an NPWP if there is one, that somebody proposed for an agent."""

    __tablename__ = "agent_accounts"

    id: Mapped[BigId]
    reference: Mapped[str] = mapped_column(text_of(32), unique=True)  # values are sealed for it
    agent_id: Mapped[int] = mapped_column(ForeignKey("agents.id"))
    bank: Mapped[str] = mapped_column(text_of(60))
    holder: Mapped[str] = mapped_column(text_of(120))
    number_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    number_masked: Mapped[str] = mapped_column(text_of(30))
    npwp_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    npwp_masked: Mapped[str] = mapped_column(text_of(20), default="")
    npwp_kind: Mapped[NpwpKind | None] = mapped_column(words(NpwpKind))
    scan_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    scan_kind: Mapped[ScanKind | None] = mapped_column(words(ScanKind))
    state: Mapped[AgentAccountState] = mapped_column(
        words(AgentAccountState), default=AgentAccountState.PROPOSED
    )
    proposed_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    proposed_at: Mapped[datetime] = mapped_column(default=clock.now)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]
    in_force_on: Mapped[date | None]  # the first day, after the waiting time
    stopped_at: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "uq_agent_accounts_one_waits",
            "agent_id",
            unique=True,
            postgresql_where=text("state = 'proposed'"),
        ),
        Index("ix_agent_accounts_agent_id_in_force_on", "agent_id", "in_force_on"),
        CheckConstraint("(npwp_sealed IS NULL) = (npwp_kind IS NULL)", name="npwp_has_a_kind"),
        CheckConstraint("(scan_sealed IS NULL) = (scan_kind IS NULL)", name="scan_has_a_kind"),
        CheckConstraint("(decided_at IS NULL) = (decided_by IS NULL)", name="decided_whole"),
        CheckConstraint(
            "state <> 'approved' OR in_force_on IS NOT NULL AND decided_by <> proposed_by",
            name="approved_by_another",
        ),
        CheckConstraint("(state = 'stopped') = (stopped_at IS NOT NULL)", name="stopped_whole"),
    )
