"""Commission rates and their trials as typed values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, true
from sqlalchemy.orm import Session

from agentsys.commissions.rates.models import (
    CommissionRates,
    RatesCertainty,
    RatesState,
    RatesTrial,
)
from agentsys.errors import NotFound
from agentsys.listing.pages import Listing, Page, Sort, row_as
from agentsys.listing.request import ListRequest
from agentsys.listing.words import matches
from agentsys.people.models import Agent, Office, User
from agentsys.people.queries import names_of

SHOWN = 50


@dataclass(frozen=True, kw_only=True)
class TrialSums:
    """What a trial found in all agents' months."""

    months: int = 0  # of agents
    changed: int = 0  # of them, with another sum or other lines
    problems: int = 0  # of them, which could not be computed
    match_lines: int = 0
    rate_lines: int = 0
    new_lines: int = 0
    gone_lines: int = 0
    before_idr: int = 0
    after_idr: int = 0


@dataclass(frozen=True, kw_only=True)
class RatesRow:
    """Rates that somebody proposed, and what became of them."""

    id: int
    office: str  # empty: all offices
    rule: str
    valid_from: date
    is_on: bool
    values: Mapping[str, Any]
    version: str
    certainty: RatesCertainty
    basis: str
    state: RatesState
    proposed_by: int
    proposer: str
    decider: str
    reason: str
    tried_from: date | None
    tried_at: datetime | None
    trial: TrialSums


@dataclass(frozen=True, kw_only=True)
class TrialRow:
    """What the rates would have changed for one agent in one month."""

    id: int
    month: date
    agent_code: str
    agent_name: str
    match_lines: int
    rate_lines: int
    new_lines: int
    gone_lines: int
    before_idr: int
    after_idr: int
    rate_idr: int
    problem: str


def newest(session: Session, user: User) -> Sequence[RatesRow]:
    """The newest rates in the user's reach, those that wait first."""
    found = session.scalars(
        select(CommissionRates)
        .where(_seen_by(user))
        .order_by(CommissionRates.state != RatesState.PROPOSED, CommissionRates.id.desc())
        .limit(SHOWN)
    ).all()
    return _rows(session, found)


def one(session: Session, user: User, rates_id: int) -> RatesRow:
    """One row in the user's reach; NotFound otherwise."""
    found = session.scalar(
        select(CommissionRates).where(CommissionRates.id == rates_id, _seen_by(user))
    )
    if found is None:
        raise NotFound()
    return _rows(session, [found])[0]


def trial(session: Session, user: User, rates_id: int, asked: ListRequest) -> Page[TrialRow]:
    """What the trial found for each agent and month."""
    one(session, user, rates_id)
    t: Any = RatesTrial
    is_changed = _changed()
    listing = Listing(
        id=t.id,
        sorts={
            "difference": Sort(func.abs(t.after_idr - t.before_idr), descending=True),
            "name": Sort(Agent.name),
            "month": Sort(t.month, descending=True),
        },
        search=lambda words: matches(words, Agent.name, Agent.code),
        tabs={
            "changed": is_changed,
            "rate": t.rate_lines > 0,
            "new": t.new_lines > 0,
            "gone": t.gone_lines > 0,
            "problem": t.problem != "",
            "all": t.id.is_not(None),
        },
        amount=t.after_idr - t.before_idr,
    )
    query = (
        select(
            t.id,
            t.month,
            Agent.code.label("agent_code"),
            Agent.name.label("agent_name"),
            t.match_lines,
            t.rate_lines,
            t.new_lines,
            t.gone_lines,
            t.before_idr,
            t.after_idr,
            t.rate_idr,
            t.problem,
        )
        .join(Agent, Agent.id == t.agent_id)
        .where(t.rates_id == rates_id)
    )
    return listing.page(session, query, asked).map(lambda row: row_as(TrialRow, row))


def _changed() -> ColumnElement[bool]:
    t: Any = RatesTrial
    return or_(t.rate_lines + t.new_lines + t.gone_lines > 0, t.problem != "")


def _seen_by(user: User) -> Any:
    if user.sees_all_offices:
        return true()
    return or_(CommissionRates.office_id == user.office_id, CommissionRates.office_id.is_(None))


def _rows(session: Session, found: Sequence[CommissionRates]) -> list[RatesRow]:
    sums = _sums(session, [row.id for row in found])
    named = select(Office.id, Office.name).where(Office.id.in_({row.office_id for row in found}))
    offices = {number: name for number, name in session.execute(named)}
    names = names_of(
        session,
        {by for row in found for by in (row.proposed_by, row.decided_by) if by is not None},
    )
    return [
        RatesRow(
            id=row.id,
            office=offices.get(row.office_id or 0, ""),
            rule=row.rule,
            valid_from=row.valid_from,
            is_on=row.is_on,
            values=row.values,
            version=row.version,
            certainty=row.certainty,
            basis=row.basis,
            state=row.state,
            proposed_by=row.proposed_by,
            proposer=names.get(row.proposed_by, ""),
            decider=names.get(row.decided_by or 0, ""),
            reason=row.reason,
            tried_from=row.tried_from,
            tried_at=row.tried_at,
            trial=sums.get(row.id, TrialSums()),
        )
        for row in found
    ]


def _sums(session: Session, ids: Sequence[int]) -> dict[int, TrialSums]:
    """What the trial of each of these rates found; rates without a trial are left out."""
    t: Any = RatesTrial
    summed = [
        "match_lines",
        "rate_lines",
        "new_lines",
        "gone_lines",
        "before_idr",
        "after_idr",
    ]
    query = (
        select(
            t.rates_id,
            func.count().label("months"),
            func.count().filter(_changed()).label("changed"),
            func.count().filter(t.problem != "").label("problems"),
            *(func.sum(getattr(t, name)).label(name) for name in summed),
        )
        .where(t.rates_id.in_(ids))
        .group_by(t.rates_id)
    )
    names = ["months", "changed", "problems", *summed]
    return {
        number: TrialSums(**{name: int(value) for name, value in zip(names, values, strict=True)})
        for number, *values in session.execute(query)
    }
