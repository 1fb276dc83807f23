"""Proposing, trying and deciding rates of commission rules."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.commissions import rates_trial
from agentsys.commissions.lines import Hook
from agentsys.commissions.models import StatementLine
from agentsys.commissions.rates import deciding
from agentsys.commissions.rates.deciding import RatesAction, Wanted
from agentsys.commissions.rates.models import CommissionRates
from agentsys.contributions.models import Contribution
from agentsys.months import add_months
from agentsys.people.models import Agent, RoleName, User
from agentsys.plugins import bonus, corporate_agency, perisai_2022, tiered
from agentsys.plugins.perisai_2022.settings import RULE as INCENTIVE
from agentsys.workers.models import Funding
from tests.commissions.builders import (
    offer,
    savepoints,
    with_rates,
)
from tests.factories import make_user
from tests.office_factories import BONUS

RULES = (INCENTIVE, bonus.RULE, corporate_agency.RULE, tiered.RULE)
HOOK: Hook = with_rates(
    offer(
        perisai_2022=perisai_2022.commission_lines,
        bonus=bonus.commission_lines,
        corporate_agency=corporate_agency.commission_lines,
        tiered=tiered.commission_lines,
    ),
    *RULES,
)
TYPED = {name: str(value) for name, value in BONUS.items()} | {"payers": ["self"]}


def two_of(session: Session, office_id: int | None) -> tuple[User, User]:
    """Two people who may propose and decide."""
    role = RoleName.FINANCE if office_id else RoleName.ADMIN
    first, second = (make_user(session, role, office_id=office_id) for _each in range(2))
    return first, second


def propose(session: Session, actor: User, rule: Any = bonus.RULE, **values: Any) -> Any:
    """Rates of the bonus from next month on, proposed."""
    wanted = Wanted(
        **{
            "valid_from": add_months(clock.this_month(), 1),
            "is_on": True,
            "basis": "surat kepala kantor",
            "values": TYPED,
            "version": "SK kantor 1/2026",
        }
        | values
    )
    return deciding.propose(
        session, rule=rule, office_id=actor.office_id, wanted=wanted, actor_id=actor.id
    )


def decide(session: Session, found: CommissionRates, actor: User, **values: Any) -> Any:
    return deciding.decide_rates(
        session,
        **{
            "rates_id": found.id,
            "action": RatesAction.APPROVE,
            "actor_id": actor.id,
            "rules": RULES,
        }
        | values,
    )


def tried(session: Session, found: CommissionRates) -> CommissionRates:
    rates_trial.run(savepoints(session), rates_id=found.id, hook=HOOK, rules=RULES)
    session.refresh(found)
    return found


def sponsored(session: Session, agent: Agent) -> None:
    """A local government paid the agent's contributions."""
    of_agent = update(Contribution).where(Contribution.agent_id == agent.id)
    session.execute(of_agent.values(funding=Funding.APBD))


def total(session: Session, rule: str) -> int:
    return (
        session.scalar(
            select(func.coalesce(func.sum(StatementLine.amount_idr), 0)).where(
                StatementLine.rule == rule
            )
        )
        or 0
    )
