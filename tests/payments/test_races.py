"""Race conditions with real commits; control tests show that the races can occur."""

from __future__ import annotations

import itertools
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.contributions.models import Contribution
from agentsys.db import db, transaction
from agentsys.extension.contract import PaymentReport, PaymentState
from agentsys.ledger import journal
from agentsys.payments import callbacks, cash, custody, lifecycle
from agentsys.payments.cash import DepositAction, decide_deposit, declare_deposit
from agentsys.payments.lifecycle import apply_report
from agentsys.payments.models import (
    Case,
    CaseKind,
    Deposit,
    Outcome,
    Payment,
    PaymentMove,
    StoredCallback,
)
from agentsys.payments.requests import ask
from agentsys.people.models import Agent, User
from tests.payments.provider import callback_for
from tests.payments.races import at_once, committed_world
from tests.payments.world import PRICE, World

P = PaymentState


def asked(app: Flask, months: int = 1) -> tuple[World, str]:
    """A committed world with one payment, and its reference."""
    references: list[str] = []
    world = committed_world(app, lambda world: references.append(world.ask(months).reference))
    return world, references[0]


def settled(reference: str, amount_idr: int = PRICE) -> PaymentReport:
    """The provider's report that the payment is settled."""
    return PaymentReport(reference=reference, state=P.SETTLED, amount_idr=amount_idr)


def declared(world: World) -> None:
    """One payment in cash, and the deposit of it declared."""
    world.collect(world.months[:1])
    world.declare()


def test_fifty_identical_reports_at_once_are_one_move(committed: Flask) -> None:
    _, reference = asked(committed)

    endings = at_once(
        committed, lambda s: apply_report(s, report=settled(reference), by="callback"), 50
    )

    assert endings == {Outcome.MOVED: 1, Outcome.NOTHING_NEW: 49}
    with committed.app_context():
        moves = db.session.scalars(select(PaymentMove.to_state)).all()
        assert sorted(moves) == [P.CREATED, P.SETTLED]
        assert sum(journal.balances(db.session(), "clearing:dict:").values()) == PRICE


def test_control_without_the_row_lock_the_same_reports_collide(
    committed: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, reference = asked(committed)
    everybody_read = threading.Barrier(8)

    def unlocked(session: Session, reference: str) -> Payment | None:
        payment = session.scalar(select(Payment).where(Payment.reference == reference))
        everybody_read.wait(20)
        return payment

    monkeypatch.setattr(lifecycle, "locked", unlocked)

    endings = at_once(
        committed, lambda s: apply_report(s, report=settled(reference), by="callback"), 8
    )

    assert endings == {Outcome.MOVED: 1, "IntegrityError": 7}


def test_fifty_deliveries_while_four_batches_run_are_one_row_and_one_change(
    committed: Flask,
) -> None:
    world, reference = asked(committed)
    world.wallet.says(reference, P.SETTLED, PRICE)
    channels = {"dictpay": world.wallet}
    turn = itertools.count()

    def deliver_or_process(session: Session) -> str:
        if next(turn) % 13 == 12:
            session.rollback()
            callbacks.process_waiting(channels)
            return "settled"
        callbacks.store(
            session, channel="dictpay", callback=callback_for(reference), reference=reference
        )
        return "stored"

    endings = at_once(committed, deliver_or_process, 54)
    with committed.app_context():
        callbacks.process_waiting(channels)

    with committed.app_context():
        row = db.session.scalars(select(StoredCallback)).one()
        assert (row.deliveries, row.outcome) == (endings["stored"], Outcome.MOVED)
        assert db.session.scalar(select(func.count()).select_from(PaymentMove)) == 2
    assert endings == {"stored": 50, "settled": 4}


def test_batches_at_once_take_each_callback_once(committed: Flask) -> None:
    world = committed_world(committed)
    with committed.app_context(), transaction() as session:
        for number in range(40):
            callbacks.store(
                session,
                channel="dictpay",
                callback=callback_for(f"AG-{number}"),
                reference=f"AG-{number}",
            )

    endings = at_once(
        committed,
        lambda s: callbacks.process_waiting({"dictpay": world.wallet}, limit=10).total(),
        4,
    )

    assert endings == {"10": 4}
    assert set(world.wallet.asked.values()) == {1}


def test_a_batch_that_still_asks_renews_what_it_has_taken(committed: Flask) -> None:
    references: list[str] = []
    world = committed_world(
        committed, lambda world: references.extend(world.ask().reference for _ in range(2))
    )
    quick, slow = references
    for reference in references:
        world.wallet.says(reference, P.PENDING, PRICE)
        with committed.app_context(), transaction() as session:
            callbacks.store(
                session, channel="dictpay", callback=callback_for(reference), reference=reference
            )
    renewed: list[bool] = []

    def taken_until() -> datetime:
        with committed.app_context(), db.engine.connect() as connection:
            query = select(StoredCallback.next_try_at).where(StoredCallback.reference == slow)
            return connection.execute(query).scalar_one()

    with time_machine.travel(clock.now(), tick=False) as now:
        first = clock.now() + callbacks.LEASE

        def answer(reference: str) -> None:
            if reference == quick:
                now.shift(callbacks.LEASE / 2)
                return
            patience = itertools.count()
            while taken_until() <= first and next(patience) < 200:
                time.sleep(0.02)
            renewed.append(taken_until() > first)

        world.wallet.before_answer = answer
        with committed.app_context():
            outcomes = callbacks.process_waiting({"dictpay": world.wallet})

    assert renewed == [True]
    assert outcomes == {Outcome.MOVED: 2}


def test_a_batch_without_an_answer_opens_no_case_once_another_had_one(committed: Flask) -> None:
    world, reference = asked(committed)
    with committed.app_context(), transaction() as session:
        callbacks.store(
            session, channel="dictpay", callback=callback_for(reference), reference=reference
        )
    world.wallet.down = True

    def settle() -> Counter[Outcome | None]:
        with committed.app_context():
            return callbacks.process_waiting({"dictpay": world.wallet})

    with time_machine.travel(clock.now(), tick=False) as now:
        for step in callbacks.BACK_OFF:
            assert settle() == {None: 1}
            now.shift(step)

        def overtake(reference: str) -> None:
            world.wallet.before_answer = lambda reference: None
            now.shift(callbacks.LEASE)
            world.wallet.down = False
            world.wallet.says(reference, P.SETTLED, PRICE)
            assert settle() == {Outcome.MOVED: 1}
            world.wallet.down = True

        world.wallet.before_answer = overtake
        assert settle() == {None: 1}

    with committed.app_context():
        assert db.session.scalars(select(Payment)).one().state is P.SETTLED
        assert db.session.scalars(select(Case)).all() == []


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
