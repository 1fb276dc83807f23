"""Cash in the field: the ceiling, answers that were lost, and how old deposited cash is."""

from __future__ import annotations

import itertools
import secrets
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.db import db
from agentsys.errors import Conflict
from agentsys.ledger import accounts, journal
from agentsys.months import HEAD_OFFICE
from agentsys.payments import cash, ceiling, deposit_queries
from agentsys.payments.ceiling import CashTooOld
from agentsys.payments.lifecycle import apply_report
from agentsys.payments.models import Payment
from agentsys.payments.requests import ask, request_for
from agentsys.people.models import Agent
from agentsys.people.substitute_models import Substitution
from tests.factories import make_agent, make_contribution, make_worker
from tests.payments.races import at_once, committed_world
from tests.payments.world import PRICE, World

WORKERS = 8


def on_leave(world: World) -> Agent:
    """A colleague for whom the world's agent works today."""
    away = make_agent(world.session, office_id=world.office_id)
    today = clock.now().astimezone(HEAD_OFFICE).date()
    world.session.add(
        Substitution(
            agent_id=away.id,
            substitute_id=world.agent.id,
            from_on=today - timedelta(days=1),
            until_on=today + timedelta(days=30),
            made_by=world.finance.id,
        )
    )
    world.session.flush()
    return away


def test_parallel_collections_cannot_pass_the_ceiling_by_any_door(committed: Flask) -> None:
    """Eight workers pay one agent at once, on two phones; the ceiling allows three of them.

    Half of them are workers of a colleague on leave, for whom the agent works today.
    """
    workers: list[int] = []

    def with_a_queue(world: World) -> None:
        world.agent.cash_ceiling_idr = 3 * PRICE
        away = on_leave(world)
        for number in range(WORKERS):
            agent = away if number in (2, 3, 6, 7) else world.agent
            worker = make_worker(world.session, world.vault, agent=agent)
            make_contribution(world.session, worker, world.months[0])
            workers.append(worker.id)

    world = committed_world(committed, with_a_queue)
    turn = itertools.count()

    def take(session: Session) -> str:
        number = next(turn)
        wish = {
            "key": secrets.token_hex(16),
            "channel": world.cash,
            "worker_id": workers[number],
            "months": world.months[:1],
            "actor_id": world.agent.user_id,
            "agent_id": world.agent.id,
        }
        if number % 2:
            return str(cash.collect(session, **wish).state)
        payment = ask(session, **wish)
        apply_report(session, report=world.cash.start(request_for(payment)), by="test")
        return str(payment.state)

    endings = at_once(committed, take, WORKERS)

    assert endings == {"settled": 3, "CashCeilingReached": WORKERS - 3}
    with committed.app_context():
        held = journal.balance(db.session(), accounts.cash_of(world.agent.id))
    assert held == 3 * PRICE


def test_old_cash_stops_more_cash_however_it_is_taken_and_no_other_payment(world: World) -> None:
    world.collect(world.months[:1])
    away = on_leave(world)
    other = make_worker(world.session, world.vault, agent=away)
    make_contribution(world.session, other, world.months[0])
    days = ceiling.block_days()

    with time_machine.travel(clock.now() + timedelta(days=days, minutes=-5)):
        world.collect(world.months[1:2])
    with time_machine.travel(clock.now() + timedelta(days=days, minutes=5)):
        with pytest.raises(CashTooOld, match=f"lebih dari {days} hari"):
            world.collect(world.months[2:])
        siti, world.worker = world.worker, other
        with pytest.raises(CashTooOld):  # as a substitute
            world.collect(world.months[:1])
        world.worker = siti
        assert world.ask_for_another().amount_idr == PRICE  # by the wallet
    with time_machine.travel(clock.now() + timedelta(days=days, minutes=5)):
        world.declare(2 * PRICE)  # the office has not counted it yet, but it is on its way
        world.collect(world.months[2:])


def test_cash_that_was_handed_over_is_not_too_old(world: World) -> None:
    world.collect(world.months[:1])
    world.confirm(world.declare())

    with time_machine.travel(clock.now() + timedelta(days=30)):
        assert world.collect(world.months[1:2]).amount_idr == PRICE


def test_answer_lost_edited_and_sent_again_is_one_payment_and_one_conflict(world: World) -> None:
    sent = world.collect(world.months[:1], key="dari-ponsel-1")

    again = world.collect(world.months[:1], key="dari-ponsel-1")
    with pytest.raises(Conflict):
        world.collect(world.months[:2], key="dari-ponsel-1")

    assert again.reference == sent.reference
    assert world.session.scalar(select(func.count()).select_from(Payment)) == 1
    assert journal.balance(world.session, accounts.cash_of(world.agent.id)) == PRICE


def test_lapping_shows_as_age(world: World) -> None:
    """Cash of today covers cash that was kept: the deposit says how old its oldest receipt is."""
    world.collect(world.months[:1])
    with time_machine.travel(clock.now() + timedelta(days=5)):
        world.collect([world.months[1]])
        deposit = world.declare(2 * PRICE)

    row = deposit_queries.deposit(world.session, world.finance, deposit.id)

    assert (row.receipts, row.days_held) == (2, 5)
