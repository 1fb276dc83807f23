"""What a person decides about a line: which of our records it is, or that it is not that one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.errors import Conflict, Invalid, NotFound, Refused
from agentsys.fee_rates import FeeRate
from agentsys.names import visible
from agentsys.payments.fee_models import GatewayFee
from agentsys.people.models import User
from agentsys.people.permissions import Permission
from agentsys.statements import fees
from agentsys.statements.accounts import account_for
from agentsys.statements.models import (
    AccountKind,
    BankAccount,
    BankIssue,
    BankLine,
    BankMatch,
    Direction,
    IssueKind,
    ThingKind,
)
from agentsys.statements.things import BANK_THINGS, GATEWAY_THINGS

_MATCHED = "Baris atau catatan ini sudah dicocokkan orang lain. Muat ulang halaman."


@dataclass(frozen=True, kw_only=True)
class Thing:
    """One of our records, as a statement should show it."""

    kind: ThingKind
    thing_id: int
    way: Direction
    amount_idr: int
    reference: str
    about: str
    day: date


def match(
    session: Session,
    *,
    line_id: int,
    kind: ThingKind,
    thing_id: int,
    actor_id: int,
    rates: Sequence[FeeRate] = (),
) -> BankMatch:
    """Say that a line is the money of a record; Conflict if one of them is matched already.

    A sum that differs is kept as an issue. Nothing is confirmed by this, and nothing booked but
    the fee of a provider's line.
    """
    line, account, actor = _line(session, line_id, actor_id)
    way = Direction.OUT if line.amount_idr < 0 else Direction.IN
    thing = thing_of(session, account, kind, thing_id, way=way)
    if thing.way is not way:
        raise Invalid("Arah uangnya berbeda: yang satu masuk, yang lain keluar.")
    made = BankMatch(
        line_id=line.id,
        kind=kind,
        thing_id=thing_id,
        direction=way,
        difference_idr=abs(line.amount_idr) - thing.amount_idr,
        rule="person",
        made_by=actor.id,
    )
    try:
        with session.begin_nested():
            session.add(made)
            session.flush()
    except IntegrityError as error:
        raise Conflict(_MATCHED) from error
    _settle_issues(session, account, line, made)
    fees.book(session, account=account, after=made.id - 1, actor_id=actor.id, rates=rates)
    _record(session, made, actor, "made", line)
    return made


def unmatch(session: Session, *, match_id: int, reason: str, actor_id: int) -> BankMatch:
    """Undo a match with a reason; the line waits for a person again."""
    found = session.get(BankMatch, match_id)
    if found is None:
        raise NotFound()
    line, account, actor = _line(session, found.line_id, actor_id)
    made = session.get_one(BankMatch, match_id, with_for_update=True, populate_existing=True)
    if made.undone_at is not None:
        raise Conflict("Pencocokan ini sudah dibatalkan. Muat ulang halaman.")
    reason = visible(reason)[:200]
    if not reason:
        raise Invalid("Tulis alasannya.", about="reason")
    _check_fee(session, line)
    with session.no_autoflush:
        made.undone_by, made.undone_at, made.undo_reason = actor.id, clock.now(), reason
    session.flush()
    waits = _open_issue(session, line.id)
    if waits is not None and waits.kind is IssueKind.FEE_DIFFERENCE:
        waits.closed_at, waits = clock.now(), None
        session.flush()
    if waits is None:
        _open(session, account, line, IssueKind.UNKNOWN_PAYER)
    _record(session, made, actor, "undone", line, reason=reason)
    return made


def thing_of(
    session: Session, account: BankAccount, kind: ThingKind, thing_id: int, *, way: Direction
) -> Thing:
    """A record that the account can show, this way if it can; NotFound if it is none of it."""
    of_gateway = account.kind is AccountKind.GATEWAY
    listed = GATEWAY_THINGS if of_gateway else BANK_THINGS
    values: dict[str, Any] = {"office_id": account.office_id, "kind": kind.value, "id": thing_id}
    values["way"] = way.value
    if of_gateway:
        values["provider"] = account.provider
    row = session.execute(
        text(
            "SELECT kind, thing_id, way, amount_idr, reference, about, day"  # noqa: S608
            f" FROM ({listed}) AS t WHERE kind = :kind AND thing_id = :id"
            " ORDER BY way = :way DESC LIMIT 1"
        ),
        values,
    ).one_or_none()
    if row is None:
        raise NotFound()
    return Thing(**{**row._mapping, "kind": kind, "way": Direction(row.way)})


def _check_fee(session: Session, line: BankLine) -> None:
    """Refused while the fee of the line is booked: it would stay with the wrong order."""
    booked = session.scalar(
        select(GatewayFee.id).where(GatewayFee.line_id == line.id, GatewayFee.reversed_at.is_(None))
    )
    if booked is not None:
        raise Refused(
            "Biaya baris ini sudah dibukukan sebagai biaya #{fee_id}. Koreksi dulu biayanya di"
            " Koreksi, lalu lepaskan kecocokannya.",
            fee_id=booked,
        )


def _line(session: Session, line_id: int, actor_id: int) -> tuple[BankLine, BankAccount, User]:
    line = session.get(BankLine, line_id)
    if line is None:
        raise NotFound()
    account, actor = account_for(
        session, line.account_id, actor_id, Permission.BANK_STATEMENT_MATCH
    )
    return line, account, actor


def _settle_issues(session: Session, account: BankAccount, line: BankLine, made: BankMatch) -> None:
    """Close what was open about the line and the record; a difference stays open."""
    missing = session.scalars(
        select(BankIssue).where(
            BankIssue.closed_at.is_(None),
            BankIssue.line_id.is_(None),
            BankIssue.thing_kind == made.kind,
            BankIssue.thing_id == made.thing_id,
        )
    )
    of_line = _open_issue(session, line.id)
    for issue in [*missing, *([of_line] if of_line else [])]:
        issue.closed_at = clock.now()
    session.flush()
    if made.difference_idr or line.sen:
        fee = made.kind is ThingKind.PAYOUT
        other = IssueKind.SHORT if made.difference_idr < 0 else IssueKind.OVER
        issue = _open(session, account, line, IssueKind.FEE_DIFFERENCE if fee else other)
        issue.thing_kind, issue.thing_id = made.kind, made.thing_id
        issue.difference_idr = made.difference_idr
        session.flush()


def _open_issue(session: Session, line_id: int) -> BankIssue | None:
    found: BankIssue | None = session.scalar(
        select(BankIssue).where(BankIssue.line_id == line_id, BankIssue.closed_at.is_(None))
    )
    return found


def _open(session: Session, account: BankAccount, line: BankLine, kind: IssueKind) -> BankIssue:
    if line.amount_idr < 0 and kind is IssueKind.UNKNOWN_PAYER:
        kind = IssueKind.UNKNOWN_DEBIT
    issue = BankIssue(
        account_id=account.id,
        office_id=account.office_id,
        kind=kind,
        line_id=line.id,
        amount_idr=line.amount_idr,
    )
    session.add(issue)
    session.flush()
    return issue


def _record(
    session: Session, made: BankMatch, actor: User, what: str, line: BankLine, **more: object
) -> None:
    trail.record(
        session,
        actor_id=actor.id,
        action=f"bank_match.{what}",
        subject=f"bank_line:{line.id}",
        details={
            "kind": made.kind.value,
            "thing_id": made.thing_id,
            "amount_idr": line.amount_idr,
            "difference_idr": made.difference_idr,
            **more,
        },
    )
