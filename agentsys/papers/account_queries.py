"""Agents' bank accounts as typed values, with their numbers masked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import Date, case, func, literal, or_, select
from sqlalchemy.orm import Session

from agentsys.crypto import Vault
from agentsys.listing.pages import Listing, Page, Sort
from agentsys.listing.request import ListRequest
from agentsys.listing.words import matches
from agentsys.papers import accounts
from agentsys.papers.account_models import AgentAccount, AgentAccountState, NpwpKind
from agentsys.papers.clocks import today
from agentsys.people import scope
from agentsys.people.models import Agent, User
from agentsys.people.permissions import Permission
from agentsys.people.queries import names_of
from agentsys.scans.kinds import ScanKind
from agentsys.workers import seals

HISTORY = 20  # accounts of one agent that are shown
_NAME = re.compile(r"[^\W_]+")


@dataclass(frozen=True, kw_only=True)
class AccountView:
    """One account of an agent."""

    id: int
    bank: str
    holder: str
    number: str  # masked, but for who must decide
    npwp: str  # the same; empty if there is none
    npwp_kind: NpwpKind | None
    scan_kind: ScanKind | None
    state: AgentAccountState
    proposed_by: int
    proposer: str
    proposed_at: datetime
    decider: str
    decided_at: datetime | None
    in_force_on: date | None
    in_force_until: date | None  # the day on which a newer one took its place
    stopped_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class AccountRow:
    """An agent with the account that is in force, in a list."""

    id: int
    name: str
    code: str
    bank: str  # empty if no account is in force
    number: str
    holder: str
    npwp: str
    in_force_on: date | None
    waits: str  # proposed, cooling, or empty


def current(session: Session, *, agent_id: int, day: date | None = None) -> AccountView | None:
    """The account in force on a day, today unless another is given."""
    found = accounts.in_force_on(session, agent_id, day or today())
    return None if found is None else _views(session, [found])[0]


def under_way(session: Session, *, agent_id: int, vault: Vault | None = None) -> AccountView | None:
    """The account that waits; with a vault its whole numbers, which who decides has to check."""
    found = accounts.under_way(session, agent_id)
    if found is None:
        return None
    if vault is None or found.state is not AgentAccountState.PROPOSED:
        return _views(session, [found])[0]
    number = vault.open(found.number_sealed, seals.agent_account_of(found.reference))
    npwp = found.npwp_sealed
    tax = vault.open(npwp, seals.agent_npwp_of(found.reference)) if npwp else ""
    return _views(session, [found], number=number, npwp=tax)[0]


def history(session: Session, *, agent_id: int) -> Sequence[AccountView]:
    """An agent's newest accounts, newest first, each with the days on which it was in force."""
    rows = session.scalars(
        select(AgentAccount)
        .where(AgentAccount.agent_id == agent_id)
        .order_by(AgentAccount.id.desc())
        .limit(HISTORY)
    )
    return _views(session, list(rows))


def same_name(holder: str, name: str) -> bool:
    """Whether two names have the same words, whatever their case and signs."""
    first, second = (_NAME.findall(text.casefold()) for text in (holder, name))
    return first == second


def account_list(session: Session, user: User, asked: ListRequest) -> Page[AccountRow]:
    """The agents in the user's scope, each with the account in force and what waits."""
    day = today()
    force = (
        select(AgentAccount.id)
        .where(
            AgentAccount.agent_id == Agent.id,
            AgentAccount.state == AgentAccountState.APPROVED,
            AgentAccount.in_force_on <= day,
        )
        .order_by(AgentAccount.in_force_on.desc(), AgentAccount.id.desc())
        .limit(1)
        .correlate(Agent)
        .scalar_subquery()
    )
    waits = _waits(day)
    listing = Listing(
        id=Agent.id,
        sorts={"name": Sort(Agent.name), "code": Sort(Agent.code)},
        search=lambda words: or_(matches(words, Agent.name, Agent.code)),
        tabs={"waiting": waits != "", "none": force.is_(None)},
    )
    query = (
        select(
            Agent.id,
            Agent.name,
            Agent.code,
            func.coalesce(AgentAccount.bank, "").label("bank"),
            func.coalesce(AgentAccount.number_masked, "").label("number"),
            func.coalesce(AgentAccount.holder, "").label("holder"),
            func.coalesce(AgentAccount.npwp_masked, "").label("npwp"),
            AgentAccount.in_force_on,
            waits.label("waits"),
        )
        .outerjoin(AgentAccount, AgentAccount.id == force)
        .where(scope.agents(user, to=Permission.AGENT_ACCOUNT_READ))
    )
    return listing.page(session, query, asked).map(lambda row: AccountRow(**_named(row)))


def _named(row: Any) -> dict[str, Any]:
    values = row._mapping
    return {name: values[name] for name in AccountRow.__dataclass_fields__}


def _waits(day: date) -> Any:
    other = AgentAccount.__table__.alias("under_way")
    what = case((other.c.state == AgentAccountState.PROPOSED, "proposed"), else_="cooling")
    cooling = (other.c.state == AgentAccountState.APPROVED) & (
        other.c.in_force_on > literal(day, Date)
    )
    found = (
        select(what)
        .where(
            other.c.agent_id == Agent.id,
            or_(other.c.state == AgentAccountState.PROPOSED, cooling),
        )
        .limit(1)
        .correlate(Agent)
        .scalar_subquery()
    )
    return func.coalesce(found, "")


def _views(
    session: Session, found: Sequence[AgentAccount], *, number: str = "", npwp: str = ""
) -> list[AccountView]:
    """The accounts as values, newest first; whole numbers only for a single one."""
    people = {each for row in found for each in (row.proposed_by, row.decided_by) if each}
    names = names_of(session, people)
    until = _until(found)
    return [
        AccountView(
            id=row.id,
            bank=row.bank,
            holder=row.holder,
            number=number or row.number_masked,
            npwp=npwp or row.npwp_masked,
            npwp_kind=row.npwp_kind,
            scan_kind=row.scan_kind,
            state=row.state,
            proposed_by=row.proposed_by,
            proposer=names.get(row.proposed_by, ""),
            proposed_at=row.proposed_at,
            decider=names.get(row.decided_by or 0, ""),
            decided_at=row.decided_at,
            in_force_on=row.in_force_on if row.state is AgentAccountState.APPROVED else None,
            in_force_until=until.get(row.id),
            stopped_at=row.stopped_at,
        )
        for row in found
    ]


def _until(found: Sequence[AgentAccount]) -> dict[int, date]:
    """When each account was replaced: the first day of the next one that came into force."""
    now = today()
    approved = [
        row
        for row in found
        if row.state is AgentAccountState.APPROVED and row.in_force_on is not None
    ]
    days = sorted((row.in_force_on, row.id) for row in approved if row.in_force_on)
    following = pairwise(days)
    return {key: day for (_first, key), (day, _next) in following if day and day <= now}
