"""Tables of bank accounts, their statements, the lines, and what each line was matched with.

The names begin with `bank_`, because `statements` are those of commissions.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from agentsys import clock
from agentsys.db import BigId, Model, text_of, words
from agentsys.statements.thing_kinds import ThingKind as ThingKind  # noqa: PLC0414


class AccountKind(StrEnum):
    """Who sends the statement."""

    BANK = "bank"
    GATEWAY = "gateway"  # a provider's report of what it settled


class FileState(StrEnum):
    """The state of an uploaded statement."""

    MAPPING = "mapping"  # its columns are not known; a person says what they hold
    WAITING = "waiting"  # waits for its job
    DONE = "done"
    REFUSED = "refused"  # nothing of it was stored; `reason` says why


class Direction(StrEnum):
    """Which way the money of a line went, seen from the account."""

    IN = "in"
    OUT = "out"


class IssueKind(StrEnum):
    """Why a line, or one of our records, has no counterpart."""

    SHORT = "short"
    OVER = "over"
    DOUBLE = "double"  # what it is for was matched with another line
    UNKNOWN_PAYER = "unknown_payer"
    UNKNOWN_DEBIT = "unknown_debit"
    FEE_DIFFERENCE = "fee_difference"
    NO_ORDER = "no_order"  # settled by the provider, without an order of ours
    AMBIGUOUS = "ambiguous"  # several of our records fit it
    NOT_SETTLED = "not_settled"  # settled here, and on no report of its provider
    NOT_COLLECTED = "not_collected"  # confirmed here, and not on the statement of its days


class BankAccount(Model):
    """An account whose statements are uploaded; without an office, all offices share it."""

    __tablename__ = "bank_accounts"

    id: Mapped[BigId]
    office_id: Mapped[int | None] = mapped_column(ForeignKey("offices.id"))
    kind: Mapped[AccountKind] = mapped_column(words(AccountKind))
    name: Mapped[str] = mapped_column(text_of(60))
    provider: Mapped[str] = mapped_column(text_of(30), default="")  # of a gateway
    number_end: Mapped[str] = mapped_column(text_of(4), default="")  # last digits of the number
    # What the statements cover without a gap, and the balances before and after.
    known_from: Mapped[date | None]
    known_until: Mapped[date | None]
    opening_sen: Mapped[int | None]
    closing_sen: Mapped[int | None]
    added_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    added_at: Mapped[datetime] = mapped_column(default=clock.now)

    __table_args__ = (
        Index(
            "uq_bank_accounts_name",
            text("coalesce(office_id, 0)"),
            text("lower(name)"),
            unique=True,
        ),
        CheckConstraint("(kind = 'gateway') = (provider <> '')", name="gateway_has_a_provider"),
        CheckConstraint("(known_from IS NULL) = (known_until IS NULL)", name="known_whole"),
    )


class BankMapping(Model):
    """What the columns with these headings hold, as a person said it for an account."""

    __tablename__ = "bank_mappings"

    id: Mapped[BigId]
    account_id: Mapped[int] = mapped_column(ForeignKey("bank_accounts.id"))
    headings: Mapped[bytes] = mapped_column(LargeBinary)  # a digest of them
    mapping: Mapped[dict[str, Any]]
    made_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime] = mapped_column(default=clock.now)

    __table_args__ = (UniqueConstraint("account_id", "headings"),)


class BankFile(Model):
    """An uploaded statement."""

    __tablename__ = "bank_files"

    id: Mapped[BigId]
    account_id: Mapped[int] = mapped_column(ForeignKey("bank_accounts.id"))
    filename: Mapped[str] = mapped_column(text_of(200))
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[FileState] = mapped_column(words(FileState))
    layout: Mapped[str] = mapped_column(text_of(40), default="")
    headings: Mapped[list[dict[str, Any]]] = mapped_column(default=list, server_default="[]")
    from_on: Mapped[date | None]
    until_on: Mapped[date | None]
    opening_sen: Mapped[int | None]
    closing_sen: Mapped[int | None]
    lines: Mapped[int] = mapped_column(default=0)
    new_lines: Mapped[int] = mapped_column(default=0)
    pending: Mapped[int] = mapped_column(default=0)
    matched: Mapped[int] = mapped_column(default=0)
    checked_by: Mapped[str] = mapped_column(text_of(20), default="")  # footer, balances, nothing
    reason: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    uploaded_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    uploaded_at: Mapped[datetime] = mapped_column(default=clock.now)
    finished_at: Mapped[datetime | None]

    __table_args__ = (
        Index(None, "account_id", "id"),
        Index(
            "uq_bank_files_sha256",
            "account_id",
            "sha256",
            unique=True,
            postgresql_where=text("state <> 'refused'"),
        ),
        CheckConstraint("(state = 'refused') = (reason <> '{}')", name="refused_for_a_reason"),
    )


class BankFileContent(Model):
    """The bytes of a statement, sealed, until it was read."""

    __tablename__ = "bank_file_contents"

    file_id: Mapped[int] = mapped_column(ForeignKey("bank_files.id"), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class BankLine(Model):
    """One booked line of an account: never changed, and stored once however often it is sent."""

    __tablename__ = "bank_lines"

    id: Mapped[BigId]
    account_id: Mapped[int] = mapped_column(ForeignKey("bank_accounts.id"))
    file_id: Mapped[int] = mapped_column(ForeignKey("bank_files.id"), index=True)
    booked_on: Mapped[date]
    digest: Mapped[bytes] = mapped_column(LargeBinary)  # of the sum, the text and the reference
    nth: Mapped[int] = mapped_column(SmallInteger)  # among the equal lines of that day
    amount_idr: Mapped[int]  # whole rupiah; negative if it left the account
    sen: Mapped[int] = mapped_column(SmallInteger, default=0)  # hundredths, of the same sign
    fee_idr: Mapped[int] = mapped_column(default=0)  # what a provider kept of it
    tax_idr: Mapped[int] = mapped_column(default=0, server_default="0")  # and the tax on that
    text: Mapped[str] = mapped_column(text_of(500))
    reference: Mapped[str] = mapped_column(text_of(80))
    ref_key: Mapped[str] = mapped_column(text_of(80))  # of the reference, for comparing
    balance_sen: Mapped[int | None]
    raw: Mapped[str] = mapped_column(text_of(1000))

    __table_args__ = (
        UniqueConstraint("account_id", "booked_on", "digest", "nth"),
        CheckConstraint(
            "abs(sen) < 100 AND amount_idr::numeric * sen >= 0", name="hundredths_of_one_sign"
        ),
    )


class BankPending(Model):
    """A line that the bank has announced and not booked; each newer statement replaces them."""

    __tablename__ = "bank_pending"

    account_id: Mapped[int] = mapped_column(ForeignKey("bank_accounts.id"), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)
    file_id: Mapped[int] = mapped_column(ForeignKey("bank_files.id"))
    mark: Mapped[str] = mapped_column(text_of(10))  # as the bank writes it: PEND, NEXT
    amount_idr: Mapped[int]
    sen: Mapped[int] = mapped_column(SmallInteger, default=0)
    text: Mapped[str] = mapped_column(text_of(500))


class BankMatch(Model):
    """That a line is the money of one of our records; undone ones stay, with their reason."""

    __tablename__ = "bank_matches"

    id: Mapped[BigId]
    # No foreign keys: lines are never removed, nor are the records, which are of several tables;
    # and a report of a million lines would be checked row by row.
    line_id: Mapped[int]
    kind: Mapped[ThingKind] = mapped_column(words(ThingKind))
    thing_id: Mapped[int]
    direction: Mapped[Direction] = mapped_column(words(Direction, 3))
    difference_idr: Mapped[int] = mapped_column(default=0)  # the line's sum less the record's
    rule: Mapped[str] = mapped_column(text_of(30))
    made_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))  # None: by the rule
    made_at: Mapped[datetime] = mapped_column(default=clock.now)
    undone_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    undone_at: Mapped[datetime | None]
    undo_reason: Mapped[str] = mapped_column(text_of(200), default="", server_default="")

    __table_args__ = (
        Index(
            "uq_bank_matches_line_id",
            "line_id",
            unique=True,
            postgresql_where=text("undone_at IS NULL"),
        ),
        Index(
            "uq_bank_matches_thing",
            "thing_id",
            "kind",
            "direction",
            unique=True,
            postgresql_where=text("undone_at IS NULL"),
        ),
        CheckConstraint(
            "num_nulls(undone_at, undone_by) <> 1 AND (undone_at IS NULL) = (undo_reason = '')",
            name="undone_for_a_reason",
        ),
    )


class BankIssue(Model):
    """A line without a counterpart, or a record of ours that its statement does not show."""

    __tablename__ = "bank_issues"

    id: Mapped[BigId]
    account_id: Mapped[int] = mapped_column(ForeignKey("bank_accounts.id"))
    office_id: Mapped[int | None] = mapped_column(ForeignKey("offices.id"))
    kind: Mapped[IssueKind] = mapped_column(words(IssueKind))
    line_id: Mapped[int | None] = mapped_column(ForeignKey("bank_lines.id"))
    thing_kind: Mapped[ThingKind | None] = mapped_column(words(ThingKind, name="thing_kind"))
    thing_id: Mapped[int | None]  # what it seems to be for, or what is missing
    amount_idr: Mapped[int]
    difference_idr: Mapped[int] = mapped_column(default=0)
    opened_at: Mapped[datetime] = mapped_column(default=clock.now)
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    note: Mapped[str] = mapped_column(text_of(200), default="", server_default="")

    __table_args__ = (
        Index(
            "uq_bank_issues_line_id",
            "line_id",
            unique=True,
            postgresql_where=text("closed_at IS NULL AND line_id IS NOT NULL"),
        ),
        Index(
            "uq_bank_issues_missing",
            "thing_id",
            "thing_kind",
            unique=True,
            postgresql_where=text("closed_at IS NULL AND line_id IS NULL"),
        ),
        Index(
            "ix_bank_issues_open",
            "account_id",
            "id",
            postgresql_where=text("closed_at IS NULL"),
        ),
        CheckConstraint(
            "line_id IS NOT NULL OR (thing_id IS NOT NULL"
            " AND kind IN ('not_collected', 'not_settled'))",
            name="is_about_something",
        ),
        # Closed without a person: its line was matched.
        CheckConstraint("closed_by IS NULL OR closed_at IS NOT NULL", name="closed_at_a_time"),
        CheckConstraint("closed_by IS NULL OR note <> ''", name="closed_with_a_note"),
    )
