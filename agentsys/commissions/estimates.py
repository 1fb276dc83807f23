"""What an agent has earned in the running month so far, if all stays as it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import structlog
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.commissions import basis
from agentsys.commissions.basis import Newcomers
from agentsys.commissions.lines import Hook, items_of
from agentsys.commissions.models import KeptEstimate
from agentsys.db import plan_once
from agentsys.extension.contract import AgentMonth, Beneficiary
from agentsys.figures import kept
from agentsys.figures.models import KeptFigure
from agentsys.people.models import Agent
from agentsys.people.profiles import AgentProfile

log = structlog.get_logger("agentsys.commissions")

LARGE = 1_000  # workers of an agent from whom on the estimate is stored


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """An agent's commission of a month so far; `at` is set if a job computed it before."""

    gross_idr: int | None  # None if a rule fails
    confirmed: int  # contributions
    newcomers: Newcomers
    at: datetime | None = None


def estimate(
    session: Session, *, agent: Agent | AgentProfile, month: date, rules: Hook
) -> Estimate:
    """The stored estimate of an agent with many workers, or one computed now."""
    found = session.get(KeptEstimate, agent.id)
    if found is None or found.month != month:
        return compute(session, agent=agent, month=month, rules=rules)
    return Estimate(
        gross_idr=found.gross_idr,
        confirmed=found.confirmed,
        newcomers=Newcomers(counted=found.counted, waiting=found.waiting, not_new=found.not_new),
        at=found.at,
    )


def compute(session: Session, *, agent: Agent | AgentProfile, month: date, rules: Hook) -> Estimate:
    """The estimate by the rules, from what BPJS confirmed so far."""
    plan_once(session)
    so_far = basis.agent_month(session, agent=agent, month=month)
    return Estimate(
        gross_idr=_gross(so_far, rules),
        confirmed=len(so_far.contributions),
        newcomers=basis.newcomers(session, agent_id=agent.id, month=month),
    )


def keep(session: Session, rules: Hook) -> None:
    """Store the estimates of agents with more than LARGE workers, in offices with kept figures."""
    month, at = clock.this_month(), clock.now()
    large = session.scalars(
        select(Agent)
        .join(KeptFigure, KeptFigure.agent_id == Agent.id)
        .where(KeptFigure.name == kept.WORKERS, KeptFigure.count > LARGE)
        .order_by(Agent.id)
    ).all()
    session.execute(delete(KeptEstimate))
    for agent in large:
        found = compute(session, agent=agent, month=month, rules=rules)
        session.add(
            KeptEstimate(
                agent_id=agent.id,
                month=month,
                gross_idr=found.gross_idr,
                confirmed=found.confirmed,
                counted=found.newcomers.counted,
                waiting=found.newcomers.waiting,
                not_new=found.newcomers.not_new,
                at=at,
            )
        )
    session.flush()


def _gross(so_far: AgentMonth, rules: Hook) -> int | None:
    try:
        items = items_of(rules(so_far), so_far)
    except Exception:
        # A rule may be a third-party plugin: its error must not hide existing statements.
        log.exception("this month's commission stopped", agent_id=so_far.agent_id)
        return None
    return sum(item.amount_idr for item in items if item.beneficiary is Beneficiary.AGENT)
