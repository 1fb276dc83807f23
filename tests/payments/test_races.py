"""Race conditions with real commits; control tests show that the races can occur."""

from __future__ import annotations

import itertools
import threading
import time
from collections import Counter
from datetime import datetime

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.db import db, transaction
from agentsys.ledger import journal
from agentsys.payments import callback_store, callbacks, lifecycle
from agentsys.payments.lifecycle import apply_report
from agentsys.payments.models import (
    Case,
    Outcome,
    Payment,
    PaymentMove,
    StoredCallback,
)
from tests.payments.provider import callback_for
from tests.payments.races import P, at_once, committed_world, settled
from tests.payments.world import PRICE, World


def asked(app: Flask, months: int = 1) -> tuple[World, str]:
    """A committed world with one payment, and its reference."""
    references: list[str] = []
    world = committed_world(app, lambda world: references.append(world.ask(months).reference))
    return world, references[0]


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
        callback_store.store(
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
            callback_store.store(
                session,
                channel="dictpay",
                callback=callback_for(f"AG261129-{number}"),
                reference=f"AG261129-{number}",
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
            callback_store.store(
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
        callback_store.store(
            session, channel="dictpay", callback=callback_for(reference), reference=reference
        )
    world.wallet.down = True

    def process() -> Counter[Outcome | None]:
        with committed.app_context():
            return callbacks.process_waiting({"dictpay": world.wallet})

    with time_machine.travel(clock.now(), tick=False) as now:
        for step in callbacks.BACK_OFF:
            assert process() == {None: 1}
            now.shift(step)

        def overtake(reference: str) -> None:
            world.wallet.before_answer = lambda reference: None
            now.shift(callbacks.LEASE)
            world.wallet.down = False
            world.wallet.says(reference, P.SETTLED, PRICE)
            assert process() == {Outcome.MOVED: 1}
            world.wallet.down = True

        world.wallet.before_answer = overtake
        assert process() == {None: 1}

    with committed.app_context():
        assert db.session.scalars(select(Payment)).one().state is P.SETTLED
        assert db.session.scalars(select(Case)).all() == []
