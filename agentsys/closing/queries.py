"""What the pages of closed months read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, cast, func, select
from sqlalchemy.orm import Session, aliased

from agentsys.closing.models import ClosedBalance, MonthClosing
from agentsys.ledger import accounts
from agentsys.ledger.queries import AccountBalance, AgentCash
from agentsys.people import scope
from agentsys.people.models import Agent, Office, User

NEWEST = 60  # closings on the page


@dataclass(frozen=True, kw_only=True)
class ClosingRow:
    """One closed month, or one that was reopened."""

    id: int
    office_id: int
    office_name: str
    month: date
    note: str
    open_items: list[dict[str, Any]]
    report: dict[str, Any]
    closer: str
    closed_at: datetime
    seal: str
    sealed_at: datetime | None
    reopen_reason: str
    reopen_asked_by: int | None
    reopen_asker: str
    reopen_asked_at: datetime | None
    reopened_by: str
    reopened_at: datetime | None

    @property
    def waits(self) -> bool:
        """Whether somebody asked to reopen it, and nobody decided yet."""
        return self.reopen_asked_at is not None and self.reopened_at is None


@dataclass(frozen=True, kw_only=True)
class ClosingOffice:
    """An office whose months are closed."""

    id: int
    name: str
    zone: str  # its time zone, in which months end


def office_of(session: Session, office_id: int) -> ClosingOffice:
    """An office whose months are closed, by its id."""
    found = session.get_one(Office, office_id)
    return ClosingOffice(id=found.id, name=found.name, zone=found.zone)


def closings(session: Session, user: User) -> Sequence[ClosingRow]:
    """The closed months that the user may see, the newest first."""
    query = _rows(user).order_by(MonthClosing.month.desc(), Office.name, MonthClosing.id.desc())
    return [ClosingRow(**row._mapping) for row in session.execute(query.limit(NEWEST))]


def closing(session: Session, user: User, closing_id: int) -> ClosingRow | None:
    """One of them; None if there is none, or not for this user."""
    row = session.execute(_rows(user).where(MonthClosing.id == closing_id)).one_or_none()
    return ClosingRow(**row._mapping) if row else None


def trial_balance(session: Session, closing_id: int) -> list[AccountBalance]:
    """The sealed balances by kind of account."""
    kind = func.regexp_replace(ClosedBalance.account, ":[0-9]+$", ":*")
    total = func.sum(ClosedBalance.amount_idr)
    rows = session.execute(
        select(kind, total)
        .where(ClosedBalance.closing_id == closing_id)
        .group_by(kind)
        .having(total != 0)
        .order_by(kind)
    )
    return [AccountBalance(account=account, balance_idr=int(total)) for account, total in rows]


def cash_of_agents(session: Session, closing_id: int) -> list[AgentCash]:
    """The cash of each agent at the end of the month, and what was missing of it, by name."""
    number = cast(func.split_part(ClosedBalance.account, ":", 3), BigInteger)
    in_hand = ClosedBalance.account.startswith(accounts.CASH)
    short = ClosedBalance.account.startswith(accounts.SHORT)
    amount = func.sum(ClosedBalance.amount_idr)
    held, missing = (func.coalesce(amount.filter(each), 0) for each in (in_hand, short))
    rows = session.execute(
        select(Agent.id, Agent.name, held, missing)
        .join(ClosedBalance, Agent.id == number)
        .where(ClosedBalance.closing_id == closing_id, in_hand | short)
        .group_by(Agent.id)
        .order_by(Agent.name, Agent.id)
    )
    return [
        AgentCash(
            account=accounts.cash_of(agent_id),
            agent_name=name,
            held_idr=int(held),
            short_idr=int(missing),
        )
        for agent_id, name, held, missing in rows
    ]


def _rows(user: User) -> Any:
    closer, asker, opener = aliased(User), aliased(User), aliased(User)
    return (
        select(
            MonthClosing.id,
            MonthClosing.office_id,
            Office.name.label("office_name"),
            MonthClosing.month,
            MonthClosing.note,
            MonthClosing.open_items,
            MonthClosing.report,
            closer.name.label("closer"),
            MonthClosing.closed_at,
            MonthClosing.seal,
            MonthClosing.sealed_at,
            MonthClosing.reopen_reason,
            MonthClosing.reopen_asked_by,
            func.coalesce(asker.name, "").label("reopen_asker"),
            MonthClosing.reopen_asked_at,
            func.coalesce(opener.name, "").label("reopened_by"),
            MonthClosing.reopened_at,
        )
        .join(Office, Office.id == MonthClosing.office_id)
        .join(closer, closer.id == MonthClosing.closed_by)
        .outerjoin(asker, asker.id == MonthClosing.reopen_asked_by)
        .outerjoin(opener, opener.id == MonthClosing.reopened_by)
        .where(scope.of_office(user, MonthClosing.office_id))
    )
