"""Processes that end between commits: nothing is lost, nothing is booked twice."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any, NoReturn

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from agentsys import clock
from agentsys.db import db, transaction
from agentsys.extension.contract import PaymentState
from agentsys.ledger import invariants, journal
from agentsys.payments import callback_store, callbacks, requests, sweep
from agentsys.payments.models import Payment, PaymentMove
from tests.payments.provider import callback_for
from tests.payments.races import committed_world
from tests.payments.world import PRICE, World

P = PaymentState
KILLED = 137


def die(*_: Any, **__: Any) -> NoReturn:
    """End this process as kill -9 does, without any clean-up."""
    os._exit(KILLED)


def after(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, followed by the end of the process."""

    def wrapped(*args: Any, **kwargs: Any) -> NoReturn:
        function(*args, **kwargs)
        die()

    return wrapped


def in_a_child_that_dies(app: Flask, work: Callable[[], object]) -> int:
    """Do the work in a child process; return its exit code."""
    with app.app_context():
        db.engine.dispose()  # a child must not use its parent's connections
    child = os.fork()
    if not child:
        try:
            with app.app_context():
                work()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def state_of(app: Flask) -> PaymentState:
    """The state of the only payment; the invariants must hold too."""
    with app.app_context():
        assert invariants.check(db.session()) == []
        return db.session.scalars(select(Payment)).one().state


def ends_settled_once(app: Flask) -> None:
    """Check that the payment is settled and booked once."""
    assert state_of(app) is P.SETTLED
    with app.app_context():
        moves = db.session.scalars(select(PaymentMove.to_state)).all()
        assert moves.count(P.SETTLED) == 1
        assert sum(journal.balances(db.session(), "clearing:dict:").values()) == PRICE


SETTLING = {
    "after claiming, before asking": ("ask_in_lots", lambda real: die, P.CREATED),
    "with the answer, before applying": ("apply_reports", lambda real: die, P.CREATED),
    "applied, before the commit": ("apply_reports", after, P.CREATED),
    "after the commit": ("in_transaction", after, P.SETTLED),
}


@pytest.mark.parametrize("point", SETTLING)
def test_a_batch_killed_anywhere_settles_once_when_it_runs_again(
    committed: Flask, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    name, deadly, left_as = SETTLING[point]
    references: list[str] = []
    world = committed_world(committed, lambda world: references.append(world.ask().reference))
    reference = references[0]
    world.wallet.says(reference, P.SETTLED, PRICE)
    channels = {"dictpay": world.wallet}
    with committed.app_context(), transaction() as session:
        callback_store.store(
            session, channel="dictpay", callback=callback_for(reference), reference=reference
        )

    with monkeypatch.context() as deadly_here:
        deadly_here.setattr(callbacks, name, deadly(getattr(callbacks, name)))
        code = in_a_child_that_dies(committed, lambda: callbacks.process_waiting(channels))

    assert code == KILLED
    assert state_of(committed) is left_as
    with committed.app_context(), time_machine.travel(clock.now() + callbacks.LEASE):
        callbacks.process_waiting(channels)
    ends_settled_once(committed)


@pytest.mark.parametrize("point", SETTLING)
def test_a_sweep_killed_anywhere_settles_once_when_it_runs_again(
    committed: Flask, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    name, deadly, left_as = SETTLING[point]
    references: list[str] = []
    world = committed_world(committed, lambda world: references.append(world.ask().reference))
    world.wallet.says(references[0], P.SETTLED, PRICE)
    channels = {"dictpay": world.wallet}
    soon = clock.now() + timedelta(minutes=2)

    with monkeypatch.context() as deadly_here, time_machine.travel(soon):
        deadly_here.setattr(sweep, name, deadly(getattr(sweep, name)))
        code = in_a_child_that_dies(committed, lambda: sweep.recheck_silent(channels))

    assert code == KILLED
    assert state_of(committed) is left_as
    with committed.app_context(), time_machine.travel(soon + timedelta(minutes=6)):
        sweep.recheck_silent(channels)
    ends_settled_once(committed)


@pytest.mark.parametrize("point", ["asked, before applying", "applied, before the commit"])
def test_a_start_that_was_killed_is_finished_by_the_sweep(
    committed: Flask, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    references: list[str] = []
    world = committed_world(committed, lambda world: references.append(world.ask().reference))
    reference = references[0]
    deadly = die if point.startswith("asked") else after(requests.apply_report)

    with monkeypatch.context() as deadly_here:
        deadly_here.setattr(requests, "apply_report", deadly)
        code = in_a_child_that_dies(
            committed, lambda: requests.start(world.wallet, reference, by="start")
        )

    assert code == KILLED
    assert state_of(committed) is P.CREATED
    # The provider kept what the child told it, and the payer paid.
    world.wallet.says(reference, P.SETTLED, PRICE)
    with committed.app_context(), time_machine.travel(clock.now() + timedelta(minutes=2)):
        sweep.recheck_silent({"dictpay": world.wallet})
    ends_settled_once(committed)


def test_cash_that_was_not_committed_was_not_taken_and_the_same_key_takes_it(
    committed: Flask,
) -> None:
    world = committed_world(committed)

    def collect(ending: Callable[[], object]) -> None:
        with transaction() as session:
            World(
                session, world.vault, world.agent, world.worker, world.finance, world.months
            ).collect(world.months[:1], key="dari-ponsel-luring")
            ending()

    assert in_a_child_that_dies(committed, lambda: collect(die)) == KILLED
    with committed.app_context():
        assert db.session.scalars(select(Payment)).all() == []
        collect(lambda: None)
        collect(lambda: None)
        assert journal.balance(db.session(), f"cash:agent:{world.agent.id}") == PRICE
