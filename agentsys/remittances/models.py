"""The table of remittance batches."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from agentsys import clock
from agentsys.db import BigId, Model, text_of, words


class RemittanceState(StrEnum):
    """The state of a batch for BPJS (setoran ke BPJS)."""

    OPEN = "open"  # batched; finance enters it in EPS and gets a kode iuran
    CODED = "coded"  # has its kode iuran; to be paid at the bank
    CANCELLING = "cancelling"  # cancellation requested; a second person decides
    CONFIRMED = "confirmed"  # BPJS says PAID
    CANCELLED = "cancelled"  # cancelled; its contributions can be batched again


class Remittance(Model):
    """Contributions of one office that are remitted together under one kode iuran."""

    __tablename__ = "remittances"

    id: Mapped[BigId]
    office_id: Mapped[int] = mapped_column(ForeignKey("offices.id"), index=True)
    first_month: Mapped[date | None]  # of what was batched; of the contributions, not of the batch
    last_month: Mapped[date | None]
    state: Mapped[RemittanceState] = mapped_column(
        words(RemittanceState), default=RemittanceState.OPEN
    )
    kode_iuran: Mapped[str | None] = mapped_column(text_of(40), index=True)
    code_expires_at: Mapped[datetime | None]  # from then on EPS takes no payment under the code
    bpjs_ref: Mapped[str] = mapped_column(text_of(40), default="")
    count: Mapped[int]
    amount_idr: Mapped[int]  # of its contributions
    code_idr: Mapped[int | None]  # what EPS asks for under the code, if somebody typed it
    paid_on: Mapped[date | None]  # the day of the payment, if BPJS says it
    paid_idr: Mapped[int | None]  # what BPJS was paid, if it is another sum
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    confirmed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    confirmed_at: Mapped[datetime | None]
    cancel_reason: Mapped[str] = mapped_column(text_of(200), default="", server_default="")
    cancel_asked_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    cancel_asked_at: Mapped[datetime | None]
    cancelled_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    cancelled_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("count > 0 AND amount_idr > 0", name="not_empty"),
        CheckConstraint(
            "state IN ('open', 'cancelled') OR kode_iuran IS NOT NULL", name="has_its_code"
        ),
        CheckConstraint("(state = 'confirmed') = (confirmed_at IS NOT NULL)", name="confirmed_at"),
        CheckConstraint(
            "state <> 'cancelling' OR (cancel_asked_by IS NOT NULL AND cancel_reason <> '')",
            name="cancelled_for_a_reason",
        ),
        # One person may cancel a batch without a code; one with a code may be paid already.
        CheckConstraint(
            "state <> 'cancelled' OR kode_iuran IS NULL"
            " OR (cancel_asked_by IS NOT NULL AND cancelled_by IS NOT NULL)",
            name="code_is_cancelled_by_two",
        ),
        CheckConstraint(
            "cancel_asked_by IS NULL OR cancelled_by IS NULL"
            " OR (cancelled_by <> cancel_asked_by AND cancelled_by IS DISTINCT FROM created_by)",
            name="four_eyes",
        ),
        CheckConstraint(
            "code_idr > 0 AND paid_idr > 0 AND (paid_idr IS NULL OR state = 'confirmed')",
            name="sums_of_bpjs",
        ),
        Index(
            "ix_remittances_under_way",
            "office_id",
            postgresql_where=text("state NOT IN ('confirmed', 'cancelled')"),
        ),
        Index(
            "ix_remittances_ref_key",
            text("ref_key(bpjs_ref)"),
            postgresql_where=text("bpjs_ref <> ''"),
        ),
        Index(
            "uq_remittances_kode_iuran_live",
            "kode_iuran",
            unique=True,
            postgresql_where=text("state <> 'cancelled'"),
        ),
    )


class RemittanceRefusal(Model):
    """A contribution of a batch that BPJS refused; its money is held until it is put right."""

    __tablename__ = "remittance_refusals"

    remittance_id: Mapped[int] = mapped_column(ForeignKey("remittances.id"), primary_key=True)
    worker_id: Mapped[int] = mapped_column(ForeignKey("workers.id"), primary_key=True, index=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    amount_idr: Mapped[int]
    reason: Mapped[str] = mapped_column(text_of(200))
    refused_by: Mapped[int] = mapped_column(ForeignKey("users.id"))  # who recorded it
    refused_at: Mapped[datetime] = mapped_column(default=clock.now)


class ReplacedCode(Model):
    """A kode iuran that a batch had before; somebody may still pay it."""

    __tablename__ = "replaced_codes"

    remittance_id: Mapped[int] = mapped_column(ForeignKey("remittances.id"), primary_key=True)
    kode_iuran: Mapped[str] = mapped_column(text_of(40), primary_key=True, index=True)
    expires_at: Mapped[datetime | None]
    replaced_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    replaced_at: Mapped[datetime] = mapped_column(default=clock.now)
