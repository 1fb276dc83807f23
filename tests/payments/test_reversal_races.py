"""Counter-receipts have no gap in their numbers, whoever comes at the same time or fails."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from flask import Flask
from sqlalchemy.orm import Session

from agentsys.db import transaction
from agentsys.ledger.invariants import check
from agentsys.payments.cash import collect
from agentsys.payments.reversals import ReversalAction, decide_reversal
from tests.factories import make_contribution, make_worker
from tests.payments.races import at_once, committed_world
from tests.payments.reversing import proposal
from tests.payments.world import PRICE, World


def _several(world: World, count: int) -> list[int]:
    """Proposed reversals of that many receipts of different workers."""
    found = []
    for _ in range(count):
        worker = make_worker(world.session, world.vault, agent=world.agent)
        make_contribution(world.session, worker, world.months[0])
        assert world.agent.user_id is not None
        payment = collect(
            world.session,
            key=secrets.token_hex(16),
            channel=world.cash,
            worker_id=worker.id,
            months=world.months[:1],
            actor_id=world.agent.user_id,
            agent_id=world.agent.id,
        )
        found.append(proposal(world, payment).id)
    return found


def _approve(session: Session, reversal_id: int, actor_id: int) -> str:
    decided = decide_reversal(
        session, reversal_id=reversal_id, action=ReversalAction.APPROVE, actor_id=actor_id
    )
    return str(decided.serial)


def test_two_approvals_at_once_get_numbers_without_a_gap(committed: Flask) -> None:
    waiting: list[int] = []
    world = committed_world(committed, lambda world: waiting.extend(_several(world, 4)))
    left = list(waiting)
    boss = world.agent.supervisor_id or 0

    outcomes = at_once(committed, lambda session: _approve(session, left.pop(), boss), 4)

    assert outcomes == {"1": 1, "2": 1, "3": 1, "4": 1}


def test_a_rolled_back_approval_leaves_its_number_to_the_next_one(committed: Flask) -> None:
    waiting: list[int] = []
    world = committed_world(committed, lambda world: waiting.extend(_several(world, 3)))
    boss = world.agent.supervisor_id or 0
    first, halfway, last = waiting
    with committed.app_context():
        with transaction() as session:
            assert _approve(session, first, boss) == "1"
        with transaction() as session:
            assert _approve(session, halfway, boss) == "2"
            session.rollback()
        with transaction() as session:
            assert _approve(session, last, boss) == "2"
        with transaction() as session:
            assert _approve(session, halfway, boss) == "3"
            assert check(session) == []


def test_one_receipt_is_voided_by_one_of_two_persons_at_once(committed: Flask) -> None:
    waiting: list[int] = []
    world = committed_world(committed, lambda world: waiting.extend(_several(world, 1)))
    people = [world.agent.supervisor_id or 0, world.finance.id]

    outcomes = at_once(committed, lambda session: _approve(session, waiting[0], people.pop()), 2)

    assert outcomes == {"1": 1, "Conflict": 1}


def test_voiding_and_depositing_at_once_leave_the_books_right(committed: Flask) -> None:
    waiting: list[int] = []
    world = committed_world(committed, lambda world: waiting.extend(_several(world, 1)))
    work: list[Callable[[Session], str]] = [
        lambda session: _approve(session, waiting[0], world.agent.supervisor_id or 0),
        lambda session: _declare(session, world),
    ]

    outcomes = at_once(committed, lambda session: work.pop()(session), 2)  # noqa: PLW0108

    # Whoever is second finds the cash gone, or in a deposit.
    assert outcomes["1"] + outcomes["declared"] == 1, outcomes
    assert outcomes["Refused"] + outcomes["Conflict"] == 1, outcomes
    with committed.app_context(), transaction() as session:
        assert check(session) == []


def _declare(session: Session, world: World) -> str:
    there = World(session, world.vault, world.agent, world.worker, world.finance, world.months)
    return str(there.declare(PRICE).state)
