"""Tables of the journal.

Triggers reject changes, entries that do not sum to zero, and entries of closed months.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from agentsys.db import BigId, Model, text_of


class Entry(Model):
    """One event that moved money; a kind and its source can be posted once."""

    __tablename__ = "entries"

    id: Mapped[BigId]
    kind: Mapped[str] = mapped_column(text_of(40))
    source: Mapped[str] = mapped_column(text_of(80))
    at: Mapped[datetime] = mapped_column(index=True)
    closed_month: Mapped[date | None]  # when it happened; it was closed already at the posting

    __table_args__ = (
        UniqueConstraint("kind", "source"),
        Index(
            "ix_entries_own_funds",
            text("ref_key(source)"),
            postgresql_where=text("kind = 'own_funds.added'"),
        ),
    )


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


class AccountBalance(Model):
    """The stored balance of an account, without newer changes; see `ledger.balances`."""

    __tablename__ = "account_balances"

    account: Mapped[str] = mapped_column(text_of(80), primary_key=True)
    amount_idr: Mapped[int]


class BalanceChange(Model):
    """A change of an account by one statement; written by a trigger, added up by a job."""

    __tablename__ = "balance_changes"

    id: Mapped[BigId]
    account: Mapped[str] = mapped_column(text_of(80), index=True)
    amount_idr: Mapped[int]


class Proof(Model):
    """The last result of one check, and up to which transaction it checked."""

    __tablename__ = "audit_proofs"

    name: Mapped[str] = mapped_column(text_of(80), primary_key=True)
    point: Mapped[int]  # everything before it passed; 0 if the check never passed
    failures: Mapped[int]
    sample: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)  # one of the rows found
    whole: Mapped[bool]  # all rows were checked, not only changed ones
    seconds: Mapped[float]
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(text_of(40))


class ProvenBalance(Model):
    """The balance of an account when all checks last passed; see `ledger.changes`."""

    __tablename__ = "proven_balances"

    account: Mapped[str] = mapped_column(text_of(80), primary_key=True)
    amount_idr: Mapped[int]


class ProvenTable(Model):
    """A table or partition when all checks last passed, and what PostgreSQL had counted in it."""

    __tablename__ = "proven_tables"

    part: Mapped[str] = mapped_column(text_of(63), primary_key=True)
    name: Mapped[str] = mapped_column(text_of(40))
    point: Mapped[int]
    rows: Mapped[int]
    highest: Mapped[int | None]
    counted_rows: Mapped[int]
    total: Mapped[int]
    inserted: Mapped[int]
    updated: Mapped[int]
    deleted: Mapped[int]
    counted_since: Mapped[str] = mapped_column(text_of(120))
