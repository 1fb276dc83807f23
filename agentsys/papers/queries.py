"""Agents' papers and steps, and the days that are left to each agent, as typed values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from agentsys.listing.pages import Listing, Page, Sort
from agentsys.listing.request import ListRequest
from agentsys.listing.words import matches
from agentsys.papers.clocks import last_active_day, today
from agentsys.papers.models import AgentPaper, PaperKind
from agentsys.people import scope
from agentsys.people.agent_rules import Rule, setting
from agentsys.people.models import Agent, AgentStatus, Office, User
from agentsys.people.permissions import Permission
from agentsys.people.steps import AgentStep, AgentStepDone
from agentsys.scans.kinds import ScanKind

EVER = date(9999, 12, 31)


@dataclass(frozen=True, kw_only=True)
class PaperRow:
    """One paper; `days_left` counts from today, negative once it has ended."""

    id: int
    kind: PaperKind
    number: str
    from_on: date
    until_on: date | None
    scan_kind: ScanKind | None
    recorded_by: int
    recorded_at: datetime
    replaced_at: datetime | None

    @property
    def days_left(self) -> int | None:
        """How many days the paper is still valid."""
        return None if self.until_on is None else (self.until_on - today()).days


@dataclass(frozen=True, kw_only=True)
class StepRow:
    """One step of an agent."""

    step: AgentStep
    on_day: date
    note: str
    recorded_by: int | None


@dataclass(frozen=True, kw_only=True)
class ClockRow:
    """How long an agent may go on without a new worker and without a payment."""

    id: int
    name: str
    code: str
    active_on: date
    is_counted: bool  # False until a job has looked at the agent's payments, within a day
    last_day: date  # of the time without activity
    days_left: int
    paper: PaperKind | None  # the one that ends first
    paper_until: date | None


@dataclass(frozen=True, kw_only=True)
class OfficeSize:
    """How many active agents an office has, and how many it needs."""

    name: str
    agents: int
    least: int


def papers_of(session: Session, *, agent_id: int) -> Sequence[PaperRow]:
    """An agent's papers: the present ones first, then those that were replaced."""
    rows = session.execute(
        select(
            AgentPaper.id,
            AgentPaper.kind,
            AgentPaper.number,
            AgentPaper.from_on,
            AgentPaper.until_on,
            AgentPaper.scan_kind,
            AgentPaper.recorded_by,
            AgentPaper.recorded_at,
            AgentPaper.replaced_at,
        )
        .where(AgentPaper.agent_id == agent_id)
        .order_by(AgentPaper.replaced_at.is_not(None), AgentPaper.id.desc())
        .limit(40)
    )
    return [PaperRow(**row._mapping) for row in rows]


def steps_of(session: Session, *, agent_id: int) -> Sequence[StepRow]:
    """What happened to an agent, newest first."""
    rows = session.execute(
        select(
            AgentStepDone.step,
            AgentStepDone.on_day,
            AgentStepDone.note,
            AgentStepDone.recorded_by,
        )
        .where(AgentStepDone.agent_id == agent_id)
        .order_by(AgentStepDone.on_day.desc(), AgentStepDone.id.desc())
        .limit(40)
    )
    return [StepRow(**row._mapping) for row in rows]


def clocks(session: Session, user: User, asked: ListRequest) -> Page[ClockRow]:
    """The active agents in the user's scope; who was inactive longest first."""
    since = func.coalesce(Agent.active_on, Agent.joined_on)
    first = (
        select(AgentPaper.agent_id, func.min(AgentPaper.until_on).label("until_on"))
        .where(AgentPaper.replaced_at.is_(None), AgentPaper.until_on.is_not(None))
        .group_by(AgentPaper.agent_id)
        .subquery()
    )
    until = func.coalesce(first.c.until_on, EVER)
    kind = (
        select(AgentPaper.kind)
        .where(
            AgentPaper.agent_id == Agent.id,
            AgentPaper.replaced_at.is_(None),
            AgentPaper.until_on == first.c.until_on,
        )
        .order_by(AgentPaper.id)
        .limit(1)
        .scalar_subquery()
    )
    soon = today() + timedelta(days=setting(Rule.PAPER_WARN_DAYS, today()).value)
    listing = Listing(
        id=Agent.id,
        sorts={"active": Sort(since), "paper": Sort(until), "name": Sort(Agent.name)},
        search=lambda words: or_(matches(words, Agent.name, Agent.code)),
        tabs={"papers": until <= soon},
    )
    query = (
        select(
            Agent.id,
            Agent.name,
            Agent.code,
            since.label("active_on"),
            Agent.active_on.is_not(None).label("is_counted"),
            kind.label("paper"),
            first.c.until_on.label("paper_until"),
        )
        .outerjoin(first, first.c.agent_id == Agent.id)
        .where(scope.agents(user, to=Permission.TEAM_READ), Agent.status == AgentStatus.ACTIVE)
    )
    return listing.page(session, query, asked).map(_clock)


def offices_too_small(session: Session, user: User) -> Sequence[OfficeSize]:
    """Offices in the user's scope that have fewer active agents than the decree asks for."""
    least = setting(Rule.AGENTS_OF_OFFICE, today()).value
    number = func.count(Agent.id)
    rows = session.execute(
        select(Office.name, number)
        .outerjoin(Agent, (Agent.office_id == Office.id) & (Agent.status == AgentStatus.ACTIVE))
        .where(scope.of_office(user, Office.id))
        .group_by(Office.id, Office.name)
        .having(number < least)
        .order_by(number, Office.name)
        .limit(20)
    )
    return [OfficeSize(name=name, agents=count, least=least) for name, count in rows]


def _clock(row: object) -> ClockRow:
    found = row._mapping  # type: ignore[attr-defined]
    last = last_active_day(found["active_on"])
    return ClockRow(
        id=found["id"],
        name=found["name"],
        code=found["code"],
        active_on=found["active_on"],
        is_counted=found["is_counted"],
        last_day=last,
        days_left=(last - today()).days,
        paper=found["paper"],
        paper_until=found["paper_until"],
    )
