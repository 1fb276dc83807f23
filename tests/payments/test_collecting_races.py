"""Cash, deposits and months that several people touch at once."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable

from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from agentsys.contributions.models import Contribution
from agentsys.db import db
from agentsys.ledger import journal
from agentsys.payments import cash, custody
from agentsys.payments.cash import DepositAction, decide_deposit, declare_deposit
from agentsys.payments.deposit_models import Deposit
from agentsys.payments.lifecycle import apply_report
from agentsys.payments.models import Case, CaseKind, Outcome
from agentsys.payments.requests import ask
from agentsys.people.models import Agent, User
from tests.payments.races import at_once, committed_world, settled
from tests.payments.world import PRICE, World


def declared(world: World) -> None:
    """One payment in cash, and the deposit of it declared."""
    world.collect(world.months[:1])
    world.declare()


def test_one_key_sixteen_times_at_once_is_one_payment(committed: Flask) -> None:
    world = committed_world(committed)

    endings = at_once(
        committed,
        lambda s: (
            ask(
                s,
                key="satu-kunci-dari-ponsel",
                channel=world.wallet,
                worker_id=world.worker.id,
                months=world.months[:1],
                actor_id=world.agent.user_id,
                agent_id=world.agent.id,
            ).reference
        ),
        16,
    )

    assert list(endings.values()) == [16]


def collect(world: World, month: int) -> Callable[[Session], str]:
    """Work that collects one month in cash."""

    def work(session: Session) -> str:
        return cash.collect(
            session,
            key=secrets.token_hex(16),
            channel=world.cash,
            worker_id=world.worker.id,
            months=world.months[:month],
            actor_id=world.agent.user_id or 0,
            agent_id=world.agent.id,
        ).state

    return work


def test_the_cash_ceiling_holds_against_eight_collections_at_once(committed: Flask) -> None:
    def one_worker_more(world: World) -> None:
        world.agent.cash_ceiling_idr = PRICE

    world = committed_world(committed, one_worker_more)

    endings = at_once(committed, collect(world, 1), 8)

    assert endings["settled"] == 1
    assert set(endings) <= {"settled", "CashCeilingReached", "Conflict"}
    with committed.app_context():
        assert journal.balance(db.session(), f"cash:agent:{world.agent.id}") == PRICE


def test_a_long_import_for_an_agent_does_not_stop_the_agent_from_collecting(
    committed: Flask,
) -> None:
    world = committed_world(committed)
    work = collect(world, 1)

    with committed.app_context(), db.engine.connect() as importing:
        # Inserting a row with a foreign key locks the agent's row like this.
        importing.execute(
            text("SELECT FROM agents WHERE id = :id FOR KEY SHARE"), {"id": world.agent.id}
        )
        endings = at_once(committed, work, 1)

    assert endings == {"settled": 1}


def test_two_payments_of_one_month_at_once_pay_it_once(committed: Flask) -> None:
    references: list[str] = []
    committed_world(
        committed, lambda world: references.extend(world.ask(2).reference for _ in range(6))
    )
    waiting = iter(references)

    endings = at_once(
        committed,
        lambda s: apply_report(s, report=settled(next(waiting), 2 * PRICE), by="callback"),
        6,
    )

    assert endings == {Outcome.MOVED: 1, Outcome.TO_CHECK: 5}
    with committed.app_context():
        assert set(db.session.scalars(select(Case.kind))) == {CaseKind.PAID_TWICE}
        paid = select(func.count()).where(Contribution.payment_id.is_not(None))
        assert db.session.scalar(paid) == 2


def test_cash_that_comes_while_a_deposit_is_declared_is_in_it_or_after_it(
    committed: Flask,
) -> None:
    world = committed_world(committed, lambda world: world.collect(world.months[:1]))

    turn = itertools.count()

    def either(session: Session) -> str:
        if next(turn) % 2:
            try:
                return cash.collect(
                    session,
                    key=secrets.token_hex(16),
                    channel=world.cash,
                    worker_id=world.worker.id,
                    months=[world.months[1]],
                    actor_id=world.agent.user_id or 0,
                    agent_id=world.agent.id,
                ).state
            except cash.Conflict:
                session.rollback()
                return "taken"
        session.get(Agent, world.agent.id, with_for_update=True)
        held = custody.cash_exposure(session, [world.agent.id])[world.agent.id]
        try:
            return declare_deposit(
                session,
                key=secrets.token_hex(16),
                agent_id=world.agent.id,
                actor_id=world.agent.user_id or 0,
                evidence="Slip",
                counted_idr=held.held_idr - held.declared_idr,
            ).state
        except cash.Refused:
            session.rollback()
            return "nothing held"

    endings = at_once(committed, either, 12)

    assert endings["settled"] == 1
    assert endings["declared"] >= 1

    with committed.app_context():
        exposure = custody.cash_exposure(db.session(), [world.agent.id])[world.agent.id]
        assert exposure.held_idr == journal.balance(db.session(), f"cash:agent:{world.agent.id}")


def test_eight_people_confirming_one_deposit_post_it_once(committed: Flask) -> None:
    world = committed_world(committed, declared)

    def confirm(session: Session) -> str:
        actor = session.get(User, world.finance.id)
        assert actor is not None
        deposit_id = session.scalars(select(Deposit.id)).one()
        return decide_deposit(
            session,
            deposit_id=deposit_id,
            action=DepositAction.CONFIRM,
            actor=actor,
            counted_idr=PRICE,
        ).state

    endings = at_once(committed, confirm, 8)

    assert endings == {"confirmed": 1, "Conflict": 7}
    with committed.app_context():
        assert journal.balance(db.session(), f"bank:collection:{world.office_id}") == PRICE


def test_a_deposit_that_is_withdrawn_and_confirmed_at_once_ends_in_one_of_both(
    committed: Flask,
) -> None:
    world = committed_world(committed, declared)
    turns = itertools.cycle(
        [
            (DepositAction.WITHDRAW, world.agent.user_id),
            (DepositAction.CONFIRM, world.finance.id),
        ]
    )

    def either(session: Session) -> str:
        action, user_id = next(turns)
        return decide_deposit(
            session,
            deposit_id=session.scalars(select(Deposit.id)).one(),
            action=action,
            actor=session.get_one(User, user_id),
            counted_idr=PRICE,
        ).state

    endings = at_once(committed, either, 8)

    assert endings["Conflict"] == 7
    with committed.app_context():
        confirmed = endings["confirmed"]
        bank = journal.balance(db.session(), f"bank:collection:{world.office_id}")
        held = journal.balance(db.session(), f"cash:agent:{world.agent.id}")
        assert (bank, held) == (PRICE * confirmed, PRICE * (1 - confirmed))
