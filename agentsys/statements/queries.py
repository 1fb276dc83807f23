"""Accounts, statements and lines, within the offices that a user may see."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from agentsys.errors import NotFound
from agentsys.listing.pages import Listing, Page, Sort, row_as
from agentsys.listing.request import ListRequest
from agentsys.messages import Message
from agentsys.payments.fee_models import GatewayFee
from agentsys.people import scope
from agentsys.people.models import Office, User
from agentsys.statements.layouts import layouts
from agentsys.statements.models import (
    AccountKind,
    BankAccount,
    BankFile,
    BankIssue,
    BankLine,
    BankMatch,
    BankPending,
    FileState,
    IssueKind,
    ThingKind,
)

OPEN, MATCHED, ALL = "open", "matched", "all"
_STANDS = and_(BankMatch.line_id == BankLine.id, BankMatch.undone_at.is_(None))
_CHARGED = and_(GatewayFee.line_id == BankLine.id, GatewayFee.reversed_at.is_(None))
_WAITS = and_(BankIssue.line_id == BankLine.id, BankIssue.closed_at.is_(None))


@dataclass(frozen=True, kw_only=True)
class AccountRow:
    """An account, what its statements cover, and how much of it waits."""

    id: int
    name: str
    office_name: str  # empty for one of all offices
    kind: AccountKind
    number_end: str
    known_from: date | None
    known_until: date | None
    closing_sen: int | None
    issues: int


@dataclass(frozen=True, kw_only=True)
class FileRow:
    """An uploaded statement."""

    id: int
    account_id: int
    account_name: str
    filename: str
    state: FileState
    layout: str
    headings: Sequence[Mapping[str, Any]]
    from_on: date | None
    until_on: date | None
    opening_sen: int | None
    closing_sen: int | None
    lines: int
    new_lines: int
    pending: int
    matched: int
    checked_by: str
    why: Mapping[str, Any]
    uploaded_at: datetime
    uploaded_by: str

    @property
    def reason(self) -> Message | None:
        """Why it was refused."""
        if not self.why:
            return None
        return Message(text=str(self.why["text"]), values=self.why["values"])

    @property
    def is_verified(self) -> bool:
        """Whether its layout was compared with an own file of the bank."""
        found = layouts().get(self.layout)
        return found is None or found.verified


@dataclass(frozen=True, kw_only=True)
class LineRow:
    """One line, with what it was matched with or why it waits."""

    id: int
    account_id: int
    booked_on: date
    amount_idr: int
    sen: int
    fee_idr: int
    tax_idr: int
    text: str
    reference: str
    match_id: int | None
    kind: ThingKind | None
    thing_id: int | None
    difference_idr: int | None
    rule: str | None
    issue_id: int | None
    issue: IssueKind | None
    fee_id: int | None  # of the booked fee


@dataclass(frozen=True, kw_only=True)
class PendingRow:
    """A line that the bank has announced and not booked."""

    mark: str
    amount_idr: int
    sen: int
    text: str


def accounts(session: Session, user: User) -> Sequence[AccountRow]:
    """The accounts that the user may see, by name."""
    open_issues = (
        select(func.count())
        .where(BankIssue.account_id == BankAccount.id, BankIssue.closed_at.is_(None))
        .scalar_subquery()
    )
    rows = session.execute(
        select(
            BankAccount.id,
            BankAccount.name,
            func.coalesce(Office.name, "").label("office_name"),
            BankAccount.kind,
            BankAccount.number_end,
            BankAccount.known_from,
            BankAccount.known_until,
            BankAccount.closing_sen,
            open_issues.label("issues"),
        )
        .outerjoin(Office, Office.id == BankAccount.office_id)
        .where(_seen(user))
        .order_by(BankAccount.name, BankAccount.id)
    )
    return [AccountRow(**row._mapping) for row in rows]


def account(session: Session, user: User, account_id: int) -> AccountRow:
    """One account; NotFound if the user may not see it."""
    found = [row for row in accounts(session, user) if row.id == account_id]
    if not found:
        raise NotFound()
    return found[0]


def newest_files(session: Session, user: User, *, limit: int) -> Sequence[FileRow]:
    """The newest uploads, of all accounts that the user may see."""
    rows = session.execute(_files(user).order_by(BankFile.id.desc()).limit(limit))
    return [FileRow(**row._mapping) for row in rows]


def file(session: Session, user: User, file_id: int) -> FileRow:
    """One upload; NotFound if the user may not see it."""
    row = session.execute(_files(user).where(BankFile.id == file_id)).one_or_none()
    if row is None:
        raise NotFound()
    return FileRow(**row._mapping)


def lines(session: Session, found: AccountRow, asked: ListRequest) -> Page[LineRow]:
    """The lines of an account, the newest first; of those that wait, the oldest first."""
    tab = asked.tab if asked.tab in (MATCHED, ALL) else OPEN
    listing = Listing(
        id=BankLine.id,
        sorts={
            "booked": Sort(BankLine.booked_on, descending=tab != OPEN),
            "amount": Sort(BankLine.amount_idr, descending=True),
        },
        search=lambda words: or_(
            BankLine.text.icontains(words, autoescape=True),
            BankLine.reference.icontains(words, autoescape=True),
        ),
        tabs={
            OPEN: BankIssue.id.is_not(None),
            MATCHED: BankMatch.id.is_not(None),
        },
        at=BankLine.booked_on,
        amount=func.abs(BankLine.amount_idr),
    )
    page = listing.page(
        session, _lines().where(BankLine.account_id == found.id), replace(asked, tab=tab)
    )
    return page.map(lambda row: row_as(LineRow, row))


def line(session: Session, user: User, line_id: int) -> LineRow:
    """One line; NotFound if the user may not see it."""
    row = session.execute(
        _lines()
        .join(BankAccount, BankAccount.id == BankLine.account_id)
        .where(BankLine.id == line_id, _seen(user))
    ).one_or_none()
    if row is None:
        raise NotFound()
    return LineRow(**row._mapping)


def next_open(session: Session, account_id: int, *, after: int, skip: Collection[int] = ()) -> int:
    """The line that waits next in an account, from the first on again; 0 if there is none."""
    waiting = select(BankIssue.line_id).where(
        BankIssue.account_id == account_id,
        BankIssue.closed_at.is_(None),
        BankIssue.line_id.is_not(None),
        BankIssue.line_id.not_in([*skip, after]),
    )
    later = waiting.where(BankIssue.line_id > after).order_by(BankIssue.line_id).limit(1)
    first = waiting.order_by(BankIssue.line_id).limit(1)
    return session.scalar(later) or session.scalar(first) or 0


def pending(session: Session, account_id: int) -> Sequence[PendingRow]:
    """What the newest statement announces."""
    rows = session.execute(
        select(BankPending.mark, BankPending.amount_idr, BankPending.sen, BankPending.text)
        .where(BankPending.account_id == account_id)
        .order_by(BankPending.place)
    )
    return [PendingRow(**row._mapping) for row in rows]


def _seen(user: User) -> ColumnElement[bool]:
    return scope.of_office(user, BankAccount.office_id)


def _files(user: User) -> Select[Any]:
    return (
        select(
            BankFile.id,
            BankFile.account_id,
            BankAccount.name.label("account_name"),
            BankFile.filename,
            BankFile.state,
            BankFile.layout,
            BankFile.headings,
            BankFile.from_on,
            BankFile.until_on,
            BankFile.opening_sen,
            BankFile.closing_sen,
            BankFile.lines,
            BankFile.new_lines,
            BankFile.pending,
            BankFile.matched,
            BankFile.checked_by,
            BankFile.reason.label("why"),
            BankFile.uploaded_at,
            func.coalesce(User.name, "").label("uploaded_by"),
        )
        .join(BankAccount, BankAccount.id == BankFile.account_id)
        .outerjoin(User, User.id == BankFile.uploaded_by)
        .where(_seen(user))
    )


def _lines() -> Select[Any]:
    columns: tuple[Any, ...] = (
        BankLine.id,
        BankLine.account_id,
        BankLine.booked_on,
        BankLine.amount_idr,
        BankLine.sen,
        BankLine.fee_idr,
        BankLine.tax_idr,
        BankLine.text,
        BankLine.reference,
        BankMatch.id.label("match_id"),
        BankMatch.kind,
        BankMatch.thing_id,
        BankMatch.difference_idr,
        BankMatch.rule,
        BankIssue.id.label("issue_id"),
        BankIssue.kind.label("issue"),
        GatewayFee.id.label("fee_id"),
    )
    joined = select(*columns).select_from(BankLine)
    return (
        joined.outerjoin(BankMatch, _STANDS)
        .outerjoin(BankIssue, _WAITS)
        .outerjoin(GatewayFee, _CHARGED)
    )
