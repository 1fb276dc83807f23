"""Each confirmed contribution is in exactly one statement, whatever the order of events."""

from __future__ import annotations

import random
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.commissions.approval import AlreadyDecided, ConfirmedSince
from agentsys.commissions.models import Statement, StatementLine, StatementState
from agentsys.crypto import Vault
from agentsys.people.models import Agent
from tests.commissions.builders import (
    DECEMBER,
    JANUARY,
    NOVEMBER,
    OCTOBER,
    approve,
    confirm,
    fee,
    offer,
    run,
    statement_of,
)
from tests.factories import make_agent, make_worker

MONTHS = (OCTOBER, NOVEMBER, DECEMBER)
AFTERWARDS = datetime(2027, 3, 1, tzinfo=UTC)
FEE = offer(uji=fee())


def try_to_approve(session: Session, agent: Agent, month: date) -> None:
    """Let the supervisor approve the month's statement, if there is one and the rules allow it."""
    if statement_of(session, agent, month) is not None:
        with suppress(ConfirmedSince, AlreadyDecided):
            approve(session, agent, month)


def happenings(dice: random.Random, agents: list[Agent]) -> list[tuple[datetime, str, Agent, date]]:
    """Confirmations, runs and approvals of each month, also in later months."""

    def within(month: date, days: int) -> datetime:
        first = datetime(month.year, month.month, 1, tzinfo=UTC)
        return first + timedelta(days=dice.uniform(0, days))

    found = []
    for month in MONTHS:
        found += [(within(month, 45), "run", agents[0], month) for _ in range(2)]
        for agent in agents:
            found += [(within(month, 29), "confirm", agent, month) for _ in range(4)]
            found.append((within(month, 60), "approve", agent, month))
    return sorted(found, key=lambda happening: happening[0])


@pytest.mark.parametrize("seed", range(12))
def test_each_confirmation_is_earned_once_whenever_it_was_computed_and_approved(
    session: Session, vault: Vault, seed: int
) -> None:
    dice = random.Random(seed)
    agents = [make_agent(session) for _ in range(6)]
    confirmed = set()

    for at, what, agent, month in happenings(dice, agents):
        with time_machine.travel(at, tick=False):
            match what:
                case "confirm":
                    worker = make_worker(session, vault, agent=agent)
                    confirm(session, worker, month, at)
                    confirmed.add((worker.id, month))
                case "run":
                    run(session, hook=FEE, month=month)
                case "approve":
                    try_to_approve(session, agent, month)
    with time_machine.travel(AFTERWARDS):
        for month in (*MONTHS, JANUARY):
            run(session, hook=FEE, month=month)
            for agent in agents:
                try_to_approve(session, agent, month)

    earned = session.execute(select(StatementLine.worker_id, StatementLine.month)).all()
    made = session.scalars(select(Statement)).all()
    assert sorted(tuple(row) for row in earned) == sorted(confirmed)
    assert {statement.state for statement in made} == {StatementState.APPROVED}
    assert sum(statement.contributions for statement in made) == len(confirmed)
