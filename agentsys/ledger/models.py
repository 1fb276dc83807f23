"""Tables of the journal; triggers refuse change, and entries that do not sum to zero."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from agentsys.db import BigId, Model, text_of


class Entry(Model):
    """One event that moved money; a kind and its source can be posted once."""

    __tablename__ = "entries"

    id: Mapped[BigId]
    kind: Mapped[str] = mapped_column(text_of(40))
    source: Mapped[str] = mapped_column(text_of(80))
    at: Mapped[datetime] = mapped_column(index=True)

    __table_args__ = (UniqueConstraint("kind", "source"),)


class Posting(Model):
    """One leg of an entry: positive is debit, negative is credit."""

    __tablename__ = "postings"

    entry_id: Mapped[int] = mapped_column(ForeignKey("entries.id"), primary_key=True)
    account: Mapped[str] = mapped_column(text_of(80), primary_key=True)
    amount_idr: Mapped[int]

    __table_args__ = (
        CheckConstraint("amount_idr <> 0", name="moves_money"),
        Index(None, "account", postgresql_include=["amount_idr"]),
    )
