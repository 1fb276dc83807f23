"""What is open about lines and records, and what was decided about a line before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased

from agentsys.errors import NotFound
from agentsys.people import scope
from agentsys.people.models import User
from agentsys.statements.models import BankAccount, BankIssue, BankMatch, IssueKind, ThingKind

_By = aliased(User)


@dataclass(frozen=True, kw_only=True)
class IssueRow:
    """One issue."""

    id: int
    account_id: int
    account_name: str
    kind: IssueKind
    line_id: int | None
    thing_kind: ThingKind | None
    thing_id: int | None
    amount_idr: int
    opened_at: datetime
    closed_at: datetime | None
    note: str


@dataclass(frozen=True, kw_only=True)
class MatchRow:
    """What a line was matched with, now or before."""

    kind: ThingKind
    thing_id: int
    difference_idr: int
    rule: str
    made_at: datetime
    made_by: str  # empty: by the rule
    undone_at: datetime | None
    undone_by: str
    undo_reason: str


def issue(session: Session, user: User, issue_id: int) -> IssueRow:
    """One issue; NotFound if the user may not see its account."""
    row = session.execute(
        _issues().where(BankIssue.id == issue_id, scope.of_office(user, BankAccount.office_id))
    ).one_or_none()
    if row is None:
        raise NotFound()
    return IssueRow(**row._mapping)


def missing(session: Session, account_id: int, *, limit: int) -> Sequence[IssueRow]:
    """The open issues of an account that are about a record without a line, oldest first."""
    rows = session.execute(
        _issues()
        .where(
            BankIssue.account_id == account_id,
            BankIssue.closed_at.is_(None),
            BankIssue.line_id.is_(None),
        )
        .order_by(BankIssue.id)
        .limit(limit)
    )
    return [IssueRow(**row._mapping) for row in rows]


def history(session: Session, line_id: int) -> Sequence[MatchRow]:
    """The matches of a line, the newest first."""
    rows = session.execute(
        select(
            BankMatch.kind,
            BankMatch.thing_id,
            BankMatch.difference_idr,
            BankMatch.rule,
            BankMatch.made_at,
            func.coalesce(User.name, "").label("made_by"),
            BankMatch.undone_at,
            func.coalesce(_By.name, "").label("undone_by"),
            BankMatch.undo_reason,
        )
        .outerjoin(User, User.id == BankMatch.made_by)
        .outerjoin(_By, _By.id == BankMatch.undone_by)
        .where(BankMatch.line_id == line_id)
        .order_by(BankMatch.id.desc())
    )
    return [MatchRow(**row._mapping) for row in rows]


def _issues() -> Select[Any]:
    columns: tuple[Any, ...] = (
        BankIssue.id,
        BankIssue.account_id,
        BankAccount.name.label("account_name"),
        BankIssue.kind,
        BankIssue.line_id,
        BankIssue.thing_kind,
        BankIssue.thing_id,
        BankIssue.amount_idr,
        BankIssue.opened_at,
        BankIssue.closed_at,
        BankIssue.note,
    )
    return select(*columns).join(BankAccount, BankAccount.id == BankIssue.account_id)
