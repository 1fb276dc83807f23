"""The table of NIKs that were corrected."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from agentsys import clock
from agentsys.db import BigId, Model, text_of


class EarlierNik(Model):
    """A NIK that a worker had before it was corrected; a list with it finds the same person."""

    __tablename__ = "earlier_niks"

    id: Mapped[BigId]
    worker_id: Mapped[int] = mapped_column(ForeignKey("workers.id"), index=True)
    nik_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    nik_index: Mapped[bytes] = mapped_column(LargeBinary, index=True)
    nik_masked: Mapped[str] = mapped_column(text_of(16))
    replaced_at: Mapped[datetime] = mapped_column(default=clock.now)

    __table_args__ = (
        CheckConstraint("octet_length(nik_index) = 32", name="index_is_a_digest"),
        CheckConstraint("nik_masked !~ '[0-9]{9}'", name="nik_is_masked"),
    )
