"""The table of files that prove what was done with money: slips, reports, transfers to BPJS."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from agentsys import clock
from agentsys.db import BigId, Model, text_of, words
from agentsys.scans.kinds import ScanKind


class EvidenceFile(Model):
    """A photo or PDF about a deposit, or about the transfer of a batch to BPJS; never changed."""

    __tablename__ = "evidence_files"

    id: Mapped[BigId]
    key: Mapped[str] = mapped_column(text_of(40), unique=True)  # the file is sealed for it
    deposit_id: Mapped[int | None] = mapped_column(ForeignKey("deposits.id"))
    remittance_id: Mapped[int | None] = mapped_column(ForeignKey("remittances.id"))
    reference: Mapped[str] = mapped_column(text_of(80), default="")  # the bank's, of a transfer
    on_day: Mapped[date | None]  # of the transfer
    kind: Mapped[ScanKind] = mapped_column(words(ScanKind))
    digest: Mapped[bytes] = mapped_column(LargeBinary)  # of the file as it was sent
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    size_bytes: Mapped[int]  # before it was sealed
    added_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    added_at: Mapped[datetime] = mapped_column(default=clock.now)

    __table_args__ = (
        CheckConstraint("(deposit_id IS NULL) <> (remittance_id IS NULL)", name="about_one_thing"),
        CheckConstraint(
            "(remittance_id IS NULL) = (on_day IS NULL)"
            " AND (remittance_id IS NULL) = (reference = '')",
            name="transfer_has_its_day",
        ),
        # The same file twice is one: an answer may be lost, and the form sent again.
        UniqueConstraint("deposit_id", "digest"),
        UniqueConstraint("remittance_id", "digest"),
        Index(
            "ix_evidence_files_ref_key",
            text("ref_key(reference)"),
            postgresql_where=text("reference <> ''"),
        ),
    )
