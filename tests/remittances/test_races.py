"""Two people in finance at once: each contribution is in one batch, each batch confirmed once."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.contributions.models import Contribution
from agentsys.db import db, transaction
from agentsys.extension.contract import PaymentReport, PaymentState
from agentsys.ledger import accounts, invariants, journal
from agentsys.payments.gateway_payouts import record_payout
from agentsys.payments.lifecycle import apply_report
from agentsys.payments.models import Payment
from agentsys.remittances import batches
from agentsys.remittances.batches import cancel, make_batch
from agentsys.remittances.codes import set_code
from agentsys.remittances.confirmations import confirm
from agentsys.remittances.holds import hold
from agentsys.remittances.models import Remittance
from agentsys.remittances.results import read_results
from tests.payments.races import at_once, committed_world
from tests.payments.world import PRICE, World


def paid(world: World) -> None:
    """Two months are collected and the money is in the bank."""
    world.report(world.ask(2), PaymentState.SETTLED)
    record_payout(
        world.session,
        provider="dict",
        bank_ref="MCM 1",
        amount_idr=2 * PRICE,
        fee_idr=0,
        actor_id=world.finance.id,
    )


def in_a_batch(world: World) -> None:
    """The two months are in a batch."""
    paid(world)
    make_batch(world.session, office_id=world.agent.office_id, actor_id=world.finance.id)


def batched(world: World) -> None:
    """The two months are in a batch with its code."""
    in_a_batch(world)
    made = world.session.scalars(select(Remittance.id)).one()
    set_code(world.session, remittance_id=made, kode_iuran="901234", actor_id=world.finance.id)


def test_eight_batches_at_once_take_each_contribution_once(committed: Flask) -> None:
    world = committed_world(committed, paid)

    def work(session: Session) -> int:
        return make_batch(session, office_id=world.agent.office_id, actor_id=world.finance.id).count

    assert at_once(committed, work, 8) == {"2": 1, "Refused": 7}
    with committed.app_context():
        assert db.session.scalar(select(func.count(Remittance.id))) == 1


def test_eight_pastes_of_one_list_at_once_pay_bpjs_once(committed: Flask) -> None:
    world = committed_world(committed, batched)
    rows = read_results("KODE IURAN;STATUS;JUMLAH;NO REF\n901234;PAID;33600;R1\n")

    def work(session: Session) -> str:
        return confirm(session, rows=rows, actor_id=world.finance.id)[0].verdict

    assert at_once(committed, work, 8) == {"confirmed": 1, "already": 7}
    with committed.app_context():
        assert journal.balance(db.session(), f"bank:collection:{world.office_id}") == 0


def refund(session: Session) -> None:
    """The provider gave the money back."""
    payment = session.scalars(select(Payment)).one()
    report = PaymentReport(
        reference=payment.reference, state=PaymentState.REFUNDED, amount_idr=payment.amount_idr
    )
    apply_report(session, report=report, by="callback")


def take_apart(world: World) -> Callable[[Session], None]:
    """A function that cancels the only batch."""

    def work(session: Session) -> None:
        remittance_id = session.scalars(select(Remittance.id)).one()
        cancel(session, remittance_id=remittance_id, actor_id=world.finance.id)

    return work


@contextmanager
def beside(app: Flask, work: Callable[[Session], None]) -> Iterator[threading.Thread]:
    """Do the work in a thread, until it is done or waits for a lock."""

    def run() -> None:
        with app.app_context(), transaction() as session:
            work(session)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        until = time.monotonic() + 20
        while thread.is_alive() and time.monotonic() < until and not _somebody_waits():
            time.sleep(0.01)
        yield thread
    finally:
        thread.join(20)


def _somebody_waits() -> bool:
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    with db.engine.connect() as connection:
        return bool(connection.scalar(waiting))


@pytest.mark.parametrize("refund_first", [True, False])
def test_a_refund_and_the_taking_apart_of_its_batch_wait_for_each_other(
    committed: Flask, refund_first: bool
) -> None:
    world = committed_world(committed, in_a_batch)
    works = [refund, take_apart(world)]
    first, second = works if refund_first else works[::-1]

    with committed.app_context(), transaction() as session:
        first(session)
        session.flush()
        with beside(committed, second) as thread:
            assert thread.is_alive()
            session.commit()

    with committed.app_context():
        left = {name: held for name, held in journal.balances(db.session()).items() if held}
        assert left == {
            f"bank:collection:{world.office_id}": 2 * PRICE,
            f"clearing:dict:{world.office_id}": -2 * PRICE,
        }


def test_control_without_the_lock_a_batch_that_is_taken_apart_misses_the_refund(
    committed: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = committed_world(committed, in_a_batch)
    monkeypatch.setattr(batches, "_hold_contents", lambda session, remittance: None)

    with committed.app_context(), transaction() as session:
        refund(session)
        session.flush()
        with beside(committed, take_apart(world)):
            session.commit()

    with committed.app_context(), transaction() as session:
        broken = {violation.check for violation in invariants.check(session)}
        assert broken == {"collected_contribution_has_its_money"}
        mend(session, world)


def mend(session: Session, world: World) -> None:
    """Correct the journal, so that the checks after the test pass."""
    session.execute(update(Contribution).values(payment_id=None))
    journal.post(
        session,
        kind="remittance.cancelled",
        source="mended",
        at=clock.now(),
        lines={
            accounts.owed_bpjs(world.office_id): 2 * PRICE,
            accounts.claim_on_worker(world.worker.id): -2 * PRICE,
        },
    )


def test_a_contribution_that_eight_people_hold_at_once_is_held_once(committed: Flask) -> None:
    world = committed_world(committed, paid)

    def work(session: Session) -> str:
        hold(
            session,
            worker_id=world.worker.id,
            month=world.months[0],
            reason="NIK ditolak",
            actor_id=world.finance.id,
        )
        return "held"

    assert at_once(committed, work, 8) == {"held": 1, "Conflict": 7}


def test_holding_and_batching_at_once_leave_the_contribution_in_one_place(
    committed: Flask,
) -> None:
    world = committed_world(committed, paid)
    turns = itertools.count()

    def work(session: Session) -> str:
        if next(turns) % 2:
            make_batch(session, office_id=world.agent.office_id, actor_id=world.finance.id)
            return "batched"
        hold(
            session,
            worker_id=world.worker.id,
            month=world.months[0],
            reason="NIK ditolak",
            actor_id=world.finance.id,
        )
        return "held"

    endings = at_once(committed, work, 8)

    assert endings["batched"] == 1
    assert endings["held"] <= 1
    with committed.app_context():
        batched = db.session.scalars(select(Remittance)).one()
        assert batched.count == 2 - endings["held"]
