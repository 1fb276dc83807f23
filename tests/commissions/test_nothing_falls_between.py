"""Whatever happens when, each confirmed contribution is earned in exactly one statement."""

from __future__ import annotations

import random
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.commissions.approval import Action, AlreadyDecided, Incomplete, decide
from agentsys.commissions.models import StatementLine
from agentsys.crypto import Vault
from agentsys.months import month_of
from agentsys.people.models import Agent
from tests.commissions.builders import (
    DECEMBER,
    NOVEMBER,
    OCTOBER,
    confirm,
    fee,
    offer,
    run,
    statement_of,
)
from tests.factories import make_agent, make_worker

MONTHS = (OCTOBER, NOVEMBER, DECEMBER)
FIRST, DAYS = datetime(2026, 10, 1, tzinfo=UTC), 100
FEE = offer(uji=fee())


def approve(session: Session, agent: Agent, month: date) -> None:
    """Let the supervisor approve the month's statement, if there is one and the rules allow it."""
    statement = statement_of(session, agent, month)
    assert agent.supervisor is not None
    if statement is None:
        return
    with suppress(Incomplete, AlreadyDecided):
        decide(
            session,
            statement_id=statement.id,
            action=Action.APPROVE,
            actor=agent.supervisor,
            seen_hash=statement.lines_hash,
        )


@pytest.mark.parametrize("seed", range(8))
def test_each_confirmation_is_earned_once_whenever_it_was_computed_and_approved(
    session: Session, vault: Vault, seed: int
) -> None:
    dice = random.Random(seed)
    agent = make_agent(session)
    confirmed = set()

    for days in sorted(dice.uniform(0, DAYS) for _ in range(60)):
        now = FIRST + timedelta(days=days)
        month = dice.choice([month for month in MONTHS if month <= month_of(now)])
        with time_machine.travel(now, tick=False):
            match dice.choice(["confirm", "confirm", "run", "approve"]):
                case "confirm" if month_of(now) in MONTHS:
                    worker = make_worker(session, vault, agent=agent)
                    confirm(session, worker, month, now)
                    confirmed.add((worker.id, month))
                case "run":
                    run(session, hook=FEE, month=month)
                case "approve":
                    approve(session, agent, month)
    with time_machine.travel(FIRST + timedelta(days=DAYS)):
        for month in MONTHS:
            run(session, hook=FEE, month=month)
            approve(session, agent, month)

    earned = session.execute(select(StatementLine.worker_id, StatementLine.month)).all()
    assert sorted(tuple(row) for row in earned) == sorted(confirmed)
    assert len(confirmed) > 10
