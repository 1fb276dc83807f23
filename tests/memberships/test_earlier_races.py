"""Months paid elsewhere that are agreed to while others bill, collect and pay them."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agentsys import locks
from agentsys.contributions import billing
from agentsys.contributions.earlier import counted_of
from agentsys.contributions.earlier_models import EarlierKind, EarlierPeriod, EarlierState
from agentsys.contributions.models import Contribution
from agentsys.db import db, transaction
from agentsys.errors import Conflict
from agentsys.ledger import accounts, invariants, journal
from agentsys.memberships.earlier import EarlierAction, decide_period, propose
from agentsys.months import add_months
from agentsys.payments.lifecycle import apply_report
from agentsys.payments.models import Payment
from agentsys.people.models import User
from agentsys.runtime import KEY
from agentsys.workers.models import Worker
from tests.factories import make_agent, make_contribution, make_user, make_worker
from tests.handovers.racing import elsewhere, meanwhile
from tests.memberships.steps import take_cash
from tests.payments.races import at_once, committed_world, settled
from tests.payments.world import PRICE, World

NOVEMBER, DECEMBER = date(2026, 11, 1), date(2026, 12, 1)
JANUARY = date(2027, 1, 1)


@dataclass
class Recorded:
    """Committed: months that one recorded as paid elsewhere, and the second person."""

    worker_id: int
    period_id: int
    second_id: int


@pytest.fixture
def recorded(committed: Flask) -> Recorded:
    """November and December; November is billed, and open."""
    with committed.app_context(), transaction() as session:
        worker = make_worker(
            session,
            committed.extensions[KEY].vault,
            agent=make_agent(session),
            enrolled_from=date(2026, 10, 1),
        )
        make_contribution(session, worker, NOVEMBER)
        return _record(session, worker, NOVEMBER, JANUARY)


def test_months_are_not_agreed_to_while_one_of_them_is_being_billed(
    committed: Flask, recorded: Recorded
) -> None:
    with committed.app_context(), transaction() as run:
        key = billing.key_of(DECEMBER)
        run.execute(select(func.pg_advisory_xact_lock(locks.BILLING_MONTH, key)))
        with pytest.raises(Conflict, match="sedang berjalan"), elsewhere() as session:
            _agree(session, recorded)

    assert _state(committed, recorded) is EarlierState.PROPOSED


def test_a_billing_run_that_begins_meanwhile_bills_no_month_that_counts_now(
    committed: Flask, recorded: Recorded
) -> None:
    def bill(session: Session) -> None:
        billing.bill_month(session, month=DECEMBER, actor_id=None)

    with meanwhile(committed, bill), transaction() as session:
        _agree(session, recorded)

    assert _billed(committed, recorded.worker_id) == []
    _right(committed)


def test_a_month_billed_for_one_worker_meanwhile_is_refused(
    committed: Flask, recorded: Recorded
) -> None:
    def bill(session: Session) -> None:
        billing.ensure_billed(session, worker_id=recorded.worker_id, months=[DECEMBER])

    with (
        meanwhile(committed, bill, fails=billing.PaidElsewhere),
        transaction() as session,
    ):
        _agree(session, recorded)

    assert _billed(committed, recorded.worker_id) == []


def test_a_month_is_collected_or_counted_as_paid_elsewhere_but_never_both(
    committed: Flask, recorded: Recorded
) -> None:
    first = threading.Lock()

    def one(session: Session) -> str:
        if first.acquire(blocking=False):
            return _agree(session, recorded)
        take_cash(session, session.get_one(Worker, recorded.worker_id), [NOVEMBER])
        return "paid"

    outcomes = at_once(committed, one, 2)

    assert outcomes["paid"] + outcomes["counted"] == 1
    assert outcomes["OperationalError"] == 0
    paid = outcomes["paid"] == 1
    assert _state(committed, recorded) is (EarlierState.PROPOSED if paid else EarlierState.COUNTED)
    assert _billed(committed, recorded.worker_id) == ([NOVEMBER] if paid else [])
    _right(committed)


def test_of_two_who_agree_at_once_one_is_told_that_it_was_decided(
    committed: Flask, recorded: Recorded
) -> None:
    outcomes = at_once(committed, lambda session: _agree(session, recorded), 4)

    assert outcomes == {"counted": 1, "Conflict": 3}


def test_of_two_who_record_the_same_months_at_once_one_is_told_of_the_other(
    committed: Flask, recorded: Recorded
) -> None:
    def record(session: Session) -> str:
        propose(
            session,
            worker_id=recorded.worker_id,
            from_month=date(2026, 1, 1),
            until_month=date(2026, 6, 1),
            kind=EarlierKind.ELSEWHERE,
            evidence="JMO",
            actor=session.get_one(User, recorded.second_id),
        )
        return "recorded"

    assert at_once(committed, record, 4) == {"recorded": 1, "Conflict": 3}


def test_money_that_settles_after_the_months_counted_is_owed_to_the_worker(
    committed: Flask,
) -> None:
    world, reference, found = _asked_for(committed)

    def settle(session: Session) -> None:
        apply_report(session, report=settled(reference), by="callback")

    with meanwhile(committed, settle), transaction() as session:
        _agree(session, found)

    assert _state(committed, found) is EarlierState.COUNTED
    with committed.app_context():
        session = db.session()
        owed = journal.balance(session, accounts.owed_to_worker(world.worker.id))
        assert owed == -PRICE
        assert counted_of(session, worker_id=world.worker.id) == {world.months[0]}
    _right(committed)


def test_months_that_a_callback_settles_first_are_not_counted_again(committed: Flask) -> None:
    world, reference, found = _asked_for(committed)

    def agree(session: Session) -> None:
        _agree(session, found)

    with meanwhile(committed, agree, fails=Conflict), transaction() as session:
        apply_report(session, report=settled(reference), by="callback")

    assert _state(committed, found) is EarlierState.PROPOSED
    assert _billed(committed, found.worker_id) == world.months
    _right(committed)


def _asked_for(app: Flask) -> tuple[World, str, Recorded]:
    """A worker whose payment waits, while the same month is recorded as paid elsewhere."""
    world = committed_world(app, lambda world: world.ask())
    with app.app_context(), transaction() as session:
        reference = session.scalars(
            select(Payment.reference).where(Payment.worker_id == world.worker.id)
        ).one()
        worker = session.get_one(Worker, world.worker.id)
        month = world.months[0]
        return world, reference, _record(session, worker, month, add_months(month, 1))


def _record(session: Session, worker: Worker, first: date, until: date) -> Recorded:
    clerk, second = (make_user(session, office_id=worker.office_id) for _ in range(2))
    period = propose(
        session,
        worker_id=worker.id,
        from_month=first,
        until_month=until,
        kind=EarlierKind.ELSEWHERE,
        evidence="Struk Indomaret",
        actor=clerk,
    )
    return Recorded(worker.id, period.id, second.id)


def _agree(session: Session, recorded: Recorded) -> str:
    done = decide_period(
        session,
        period_id=recorded.period_id,
        action=EarlierAction.APPROVE,
        actor=session.get_one(User, recorded.second_id),
    )
    return done.state.value


def _state(app: Flask, recorded: Recorded) -> EarlierState:
    with app.app_context():
        return db.session.get_one(EarlierPeriod, recorded.period_id).state


def _billed(app: Flask, worker_id: int) -> list[date]:
    with app.app_context():
        months = select(Contribution.month).where(Contribution.worker_id == worker_id)
        return list(db.session.scalars(months.order_by(Contribution.month)))


def _right(app: Flask) -> None:
    with app.app_context():
        assert invariants.check(db.session()) == []
