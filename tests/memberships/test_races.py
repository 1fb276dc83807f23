"""Memberships that change while others bill, collect and pay."""

from __future__ import annotations

import threading
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agentsys import locks
from agentsys.contributions import billing
from agentsys.contributions.models import Contribution
from agentsys.db import db, transaction
from agentsys.errors import Conflict
from agentsys.ledger import accounts, invariants, journal
from agentsys.memberships.ending import end
from agentsys.payments.lifecycle import apply_report
from agentsys.payments.models import Payment
from agentsys.runtime import KEY
from agentsys.workers.kinds import EndReason
from agentsys.workers.models import Worker
from tests.factories import make_agent, make_user, make_worker
from tests.handovers.racing import meanwhile
from tests.memberships.steps import take_cash
from tests.payments.races import at_once, committed_world, settled
from tests.payments.world import PRICE, World

DECEMBER = date(2026, 12, 1)
DIED_ON = date(2026, 11, 20)


def test_two_who_end_one_membership_at_once_end_it_once(committed: Flask) -> None:
    worker_id, user_id = _member(committed)

    outcomes = at_once(committed, lambda session: _end(session, worker_id, user_id), 6)

    assert outcomes == {"ended": 1, "Conflict": 5}


def test_a_membership_does_not_end_while_its_month_is_being_billed(committed: Flask) -> None:
    worker_id, user_id = _member(committed)

    with committed.app_context(), transaction() as billing_run:
        key = billing.key_of(DECEMBER)
        billing_run.execute(select(func.pg_advisory_xact_lock(locks.BILLING_MONTH, key)))
        with pytest.raises(Conflict, match="sedang berjalan"), _elsewhere() as session:
            _end(session, worker_id, user_id)


def test_a_bill_made_while_a_membership_ends_is_never_left_open(committed: Flask) -> None:
    worker_id, user_id = _member(committed)
    refused: list[str] = []

    def collect() -> None:
        with committed.app_context():
            try:
                with transaction() as session:
                    billing.ensure_billed(session, worker_id=worker_id, months=[DECEMBER])
            except billing.NotEnrolled:
                refused.append("not enrolled")

    waiting = threading.Thread(target=collect)
    with committed.app_context(), transaction() as session:
        _end(session, worker_id, user_id)
        waiting.start()
    waiting.join(20)

    with committed.app_context():
        assert _bills(worker_id, DECEMBER) == (0 if refused else 1)
        assert refused == ["not enrolled"]
        assert invariants.check(db.session()) == []


def test_money_that_arrives_after_a_death_is_owed_to_the_family(committed: Flask) -> None:
    world = committed_world(committed, lambda world: world.ask())
    reference = _reference_of(committed, world)
    with committed.app_context(), transaction() as session:
        user_id = make_user(session, office_id=world.office_id).id
        end(
            session,
            worker_id=world.worker.id,
            reason=EndReason.DIED,
            happened_on=DIED_ON,
            note="Akta kematian",
            actor_id=user_id,
        )

    with committed.app_context(), transaction() as session:
        apply_report(session, report=settled(reference), by="callback")

    with committed.app_context():
        session = db.session()
        owed = journal.balance(session, accounts.owed_to_worker(world.worker.id))
        assert owed == -PRICE
        assert invariants.check(session) == []


def test_a_callback_that_begins_during_a_death_is_owed_to_the_family(committed: Flask) -> None:
    world = committed_world(committed, lambda world: world.ask())
    reference = _reference_of(committed, world)
    with committed.app_context(), transaction() as session:
        user_id = make_user(session, office_id=world.office_id).id

    def settle(session: Session) -> None:
        apply_report(session, report=settled(reference), by="callback")

    with meanwhile(committed, settle), transaction() as session:
        _end(session, world.worker.id, user_id)

    with committed.app_context():
        session = db.session()
        owed = journal.balance(session, accounts.owed_to_worker(world.worker.id))
        assert owed == -PRICE
        assert sum(_bills(world.worker.id, month) for month in world.months) == 0
        assert invariants.check(session) == []


def test_a_death_during_a_callback_leaves_the_paid_month_and_no_other(committed: Flask) -> None:
    world = committed_world(committed, lambda world: world.ask())
    reference = _reference_of(committed, world)
    with committed.app_context(), transaction() as session:
        user_id = make_user(session, office_id=world.office_id).id

    def die(session: Session) -> None:
        _end(session, world.worker.id, user_id)

    with meanwhile(committed, die), transaction() as session:
        apply_report(session, report=settled(reference), by="callback")

    with committed.app_context():
        session = db.session()
        assert [_bills(world.worker.id, month) for month in world.months] == [1, 0, 0]
        assert journal.balance(session, accounts.owed_to_worker(world.worker.id)) == 0
        assert invariants.check(session) == []


def test_an_end_and_a_payment_in_cash_never_wait_for_each_other(committed: Flask) -> None:
    for _ in range(4):
        worker_id, user_id = _member(committed)
        with committed.app_context(), transaction() as session:
            billing.ensure_billed(session, worker_id=worker_id, months=[DECEMBER])
        first = threading.Lock()

        def one(
            session: Session,
            worker_id: int = worker_id,
            user_id: int = user_id,
            first: threading.Lock = first,
        ) -> str:
            if first.acquire(blocking=False):
                return _end(session, worker_id, user_id)
            take_cash(session, session.get_one(Worker, worker_id), [DECEMBER])
            return "paid"

        outcomes = at_once(committed, one, 2)

        assert outcomes["OperationalError"] == 0
        assert outcomes["ended"] == 1


def _member(app: Flask) -> tuple[int, int]:
    """A committed member, and somebody of the office."""
    with app.app_context(), transaction() as session:
        worker = make_worker(
            session,
            app.extensions[KEY].vault,
            agent=make_agent(session),
            enrolled_from=date(2026, 10, 1),
        )
        return worker.id, make_user(session, office_id=worker.office_id).id


def _end(session: Session, worker_id: int, user_id: int) -> str:
    end(
        session,
        worker_id=worker_id,
        reason=EndReason.DIED,
        happened_on=DIED_ON,
        note="Akta kematian",
        actor_id=user_id,
    )
    return "ended"


def _elsewhere() -> Session:
    """A session of another connection."""
    return Session(db.engine)


def _bills(worker_id: int, month: date) -> int:
    return (
        db.session.scalar(
            select(func.count())
            .select_from(Contribution)
            .where(Contribution.worker_id == worker_id, Contribution.month == month)
        )
        or 0
    )


def _reference_of(app: Flask, world: World) -> str:
    with app.app_context():
        return db.session.scalars(
            select(Payment.reference).where(Payment.worker_id == world.worker.id)
        ).one()
