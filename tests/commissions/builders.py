"""Confirmed contributions, rules and statements for tests of commissions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.commissions import basis
from agentsys.commissions.approval import Action, decide
from agentsys.commissions.lines import Hook
from agentsys.commissions.models import Statement
from agentsys.commissions.run import RunOutcome, run_month
from agentsys.contributions.models import Contribution
from agentsys.crypto import Vault
from agentsys.extension.commission_rules import CommissionRule, in_force, percent_in
from agentsys.extension.contract import AgentMonth, Beneficiary, CommissionLine, Message
from agentsys.money import share
from agentsys.people.models import Agent
from agentsys.plugins import perisai_2022
from agentsys.plugins.perisai_2022.settings import RULE
from agentsys.workers.models import NewToBpu, Worker
from tests.factories import make_agent, make_contribution, make_worker

AFTER_NOVEMBER = datetime(2026, 12, 3, tzinfo=UTC)
OCTOBER, NOVEMBER, DECEMBER = date(2026, 10, 1), date(2026, 11, 1), date(2026, 12, 1)
JANUARY = date(2027, 1, 1)


def at(day: int, month: int = 11, hour: int = 3) -> datetime:
    """A moment of 2026, in UTC."""
    return datetime(2026, month, day, hour, tzinfo=UTC)


def confirm(
    session: Session,
    worker: Worker,
    month: date = NOVEMBER,
    confirmed_at: datetime | None = None,
    **values: Any,
) -> Contribution:
    """A contribution that BPJS confirmed; its payment and remittance do not exist."""
    return make_contribution(
        session,
        worker,
        month,
        payment_id=1,
        remittance_id=1,
        confirmed_at=confirmed_at or at(10),
        **values,
    )


def portfolio(
    session: Session, vault: Vault, agent: Agent, count: int, **values: Any
) -> list[Worker]:
    """That many workers of the agent, new to BPU, with a confirmed November."""
    workers = [
        make_worker(session, vault, agent=agent, **{"new_to_bpu": NewToBpu.YES} | values)
        for _ in range(count)
    ]
    for worker in workers:
        confirm(session, worker)
    return workers


def approved_early(session: Session, vault: Vault) -> Agent:
    """An agent whose November was approved before it ended."""
    agent = make_agent(session)
    portfolio(session, vault, agent, 1)
    run(session)
    approve(session, agent)
    return agent


def savepoints(session: Session) -> Callable[[], AbstractContextManager[Session]]:
    """Savepoints instead of transactions, so that the test can undo everything."""

    @contextmanager
    def open_one() -> Iterator[Session]:
        with session.begin_nested():
            yield session

    return open_one


def offer(**rules: Callable[[AgentMonth], Any]) -> Hook:
    """A hook that calls these plugins by name, like the registry's."""
    return lambda month: [(name, list(rule(month))) for name, rule in rules.items()]


def fee(rule: str = "uji.fee", amount_idr: int = 1_000, version: str = "SK 1/2026") -> Any:
    """A rule that grants the agent one amount for each contribution."""

    def rule_of(month: AgentMonth) -> list[CommissionLine]:
        return [
            CommissionLine(
                rule=rule,
                version=version,
                beneficiary=Beneficiary.AGENT,
                amount_idr=amount_idr,
                worker_id=c.worker_id,
                month=c.month,
                reason=Message(text="{amount_idr} tiap iuran", values={"amount_idr": amount_idr}),
            )
            for c in month.contributions
        ]

    return rule_of


RATES = RULE.packaged_in(NOVEMBER)
assert RATES is not None


def with_rates(hook: Hook, *rules: CommissionRule) -> Hook:
    """A hook that adds the package's rates of these rules, like the registry's."""
    return lambda month: hook(replace(month, rates=in_force(rules, month.month, month.rates)))


PERISAI: Hook = with_rates(offer(perisai_2022=perisai_2022.commission_lines), RULE)
# What an agent earns for a worker's first month of the price that `confirm` takes, and on top of a
# sum the office; and for a new worker of two programmes.
FIRST_MONTH_IDR = share(16_800, percent_in(RATES.bands("collection"), 1))
NEW_WORKER_IDR = RATES.number("two_idr")


def office_of(agent_idr: int) -> int:
    """What the office earns on top of what its agent earns."""
    return share(agent_idr, RATES.percent("office_percent"))


def run(
    session: Session, *, hook: Hook = PERISAI, month: date = NOVEMBER, **values: int | None
) -> RunOutcome:
    """Compute a month inside the test's transaction."""
    return run_month(savepoints(session), hook=hook, month=month, **{"actor_id": None} | values)


def statement_of(session: Session, agent: Agent, month: date = NOVEMBER) -> Statement | None:
    """The agent's statement as it is in the database."""
    return session.scalar(
        select(Statement)
        .where(Statement.agent_id == agent.id, Statement.month == month)
        .execution_options(populate_existing=True)
    )


def approve(session: Session, agent: Agent, month: date = NOVEMBER) -> Statement:
    """The agent's statement, approved by the supervisor as it is in the database."""
    statement = statement_of(session, agent, month)
    assert statement is not None
    assert agent.supervisor is not None
    return decide(
        session,
        statement_id=statement.id,
        action=Action.APPROVE,
        actor=agent.supervisor,
        seen_hash=statement.lines_hash,
    )


def months_of(
    session: Session, agent: Agent, month: date = NOVEMBER
) -> dict[tuple[int, date], int]:
    """The month numbers of the agent's confirmed contributions, by worker and month."""
    known = basis.agent_month(session, agent=agent, month=month)
    return {(c.worker_id, c.month): c.month_number for c in known.contributions}


def approved_in_november(session: Session, vault: Vault) -> Agent:
    """An agent whose November was approved on the 22nd, over one contribution."""
    agent = make_agent(session)
    confirm(session, make_worker(session, vault, agent=agent))
    run(session)
    approve(session, agent)
    return agent
