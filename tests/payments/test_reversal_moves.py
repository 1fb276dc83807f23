"""The same cash for the right worker or later months, and proposals that are taken back."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.contributions.models import Contribution
from agentsys.db import transaction
from agentsys.errors import Conflict, NotFound
from agentsys.extension.contract import PaymentState
from agentsys.ledger import journal
from agentsys.ledger.invariants import check
from agentsys.months import add_months
from agentsys.payments.cash import DepositAction
from agentsys.payments.custody import cash_exposure
from agentsys.payments.models import Payment, Receipt
from agentsys.payments.reversal_models import CashReversal, ReversalState, ReversalWhy
from agentsys.payments.reversal_moves import NoMonths, own_target, targets
from agentsys.payments.reversals import ReversalAction, decide_reversal, propose
from agentsys.people.models import RoleName
from agentsys.remittances.batches import make_batch
from agentsys.workers.models import Worker
from tests.factories import make_agent, make_contribution, make_user, make_worker
from tests.payments.deposits import Depositing
from tests.payments.races import at_once, committed_world
from tests.payments.reversing import decide, proposal, void
from tests.payments.world import PRICE, World

P = PaymentState


def right_worker(world: World, *, months: int = 2, price: int = PRICE) -> Worker:
    """Another worker of the agent, whose money it was."""
    budi = make_worker(world.session, world.vault, agent=world.agent, name="Budi Santoso")
    for month in world.months[:months]:
        make_contribution(world.session, budi, month, jkk_idr=price - 6_800)
    return budi


def to(world: World, payment: Payment, worker: Worker, actor_id: int | None = None) -> CashReversal:
    """The agent, or this person, proposes that the cash was this worker's."""
    return propose(
        world.session,
        payment_id=payment.id,
        why=ReversalWhy.WRONG_WORKER,
        reason="Uangnya milik Budi",
        actor_id=actor_id or world.agent.user_id or 0,
        to_worker_id=worker.id,
    )


def new_of(world: World, reversal: CashReversal) -> Payment:
    """The payment that took the place of the void one."""
    assert reversal.new_payment_id is not None
    return world.session.get_one(Payment, reversal.new_payment_id)


def paid(world: World, worker: Worker) -> list[object]:
    """The months that the worker has paid."""
    return list(
        world.session.scalars(
            select(Contribution.month)
            .where(Contribution.worker_id == worker.id, Contribution.payment_id.is_not(None))
            .order_by(Contribution.month)
        )
    )


def test_one_approval_moves_the_cash_to_the_right_worker(world: World) -> None:
    budi = right_worker(world)
    payment = world.collect(world.months[:2])

    reversal = decide(world, to(world, payment, budi))

    new = new_of(world, reversal)
    assert (payment.state, new.state) == (P.REFUNDED, P.SETTLED)
    assert (new.worker_id, new.agent_id, new.amount_idr) == (budi.id, world.agent.id, 2 * PRICE)
    assert paid(world, budi) == world.months[:2]
    assert paid(world, world.worker) == []
    assert not reversal.credited
    assert reversal.serial == 1
    assert new.receipt is not None
    assert journal.balance(world.session, f"cash:agent:{world.agent.id}") == 2 * PRICE
    assert journal.balance(world.session, f"owed:bpjs:{world.office_id}") == -2 * PRICE
    assert check(world.session) == []


def test_the_ceiling_does_not_stop_a_move(world: World) -> None:
    budi = right_worker(world)
    payment = world.collect(world.months[:2])
    world.agent.cash_ceiling_idr = PRICE
    world.session.flush()

    assert decide(world, to(world, payment, budi)).state is ReversalState.APPROVED


def test_a_month_is_applied_to_the_next_one_that_is_billed_when_approved(world: World) -> None:
    world.collect(world.months[:2])
    payment = world.collect(world.months[2:])

    reversal = decide(world, to(world, payment, world.worker))

    assert paid(world, world.worker) == [*world.months[:2], add_months(world.months[2], 1)]
    assert new_of(world, reversal).amount_idr == PRICE
    assert check(world.session) == []


def test_cash_that_the_office_counted_moves_within_its_deposit(world: World) -> None:
    budi = right_worker(world)
    payment = world.collect(world.months[:1])
    deposit = world.confirm(world.declare(PRICE))

    reversal = decide(world, to(world, payment, budi))

    session = world.session
    new = new_of(world, reversal)
    assert (payment.deposit_id, new.deposit_id) == (None, deposit.id)
    assert journal.balance(session, f"owed:worker:{world.worker.id}") == 0
    assert journal.balance(session, f"cash:agent:{world.agent.id}") == 0
    assert check(session) == []
    make_batch(session, office_id=world.office_id, actor_id=world.finance.id)
    sent = select(Contribution.worker_id).where(Contribution.remittance_id.is_not(None))
    assert session.scalars(sent).all() == [budi.id]


def test_the_cash_is_as_old_as_before(world: World) -> None:
    budi = right_worker(world)
    middle = clock.now().replace(day=15)
    with time_machine.travel(middle):
        payment = world.collect(world.months[:1])
    with time_machine.travel(middle + timedelta(days=5)):
        decide(world, to(world, payment, budi, world.finance.id))
        held = cash_exposure(world.session, [world.agent.id])[world.agent.id]
        assert held.oldest_at == payment.settled_at
    with time_machine.travel(middle + timedelta(days=6)):
        world.collect(world.months[:1])
        deposit = world.declare(2 * PRICE)
        world.decide(deposit, DepositAction.WITHDRAW, world.agent.user)
    assert check(world.session) == []


def test_a_sum_that_fits_no_months_is_refused_with_the_sum(world: World) -> None:
    dearer = right_worker(world, months=1, price=PRICE + 200)
    payment = world.collect(world.months[:1])

    with pytest.raises(NoMonths, match=r"Rp16\.800"):
        to(world, payment, dearer)

    found = targets(world.session, world.finance, payment.id, "budi", world.vault)
    assert [(each.worker_id, each.months) for each in found] == [(dearer.id, ())]
    assert own_target(world.session, payment.id).months == (world.months[1],)


def test_months_that_were_paid_meanwhile_refuse_the_approval(world: World) -> None:
    budi = right_worker(world, months=1)
    payment = world.collect(world.months[:1])
    reversal = to(world, payment, budi)
    siti, world.worker = world.worker, budi
    world.collect(world.months[:1])
    world.worker = siti

    with pytest.raises(Conflict):
        decide(world, reversal)
    world.session.rollback()


def test_an_agent_moves_cash_to_own_workers_only_and_finance_within_the_office(
    world: World,
) -> None:
    session = world.session
    colleague = make_agent(session, office_id=world.office_id)
    theirs = make_worker(session, world.vault, agent=colleague, name="Budi Lain")
    make_contribution(session, theirs, world.months[0])
    far = make_worker(session, world.vault, agent=make_agent(session), name="Budi Jauh")
    make_contribution(session, far, world.months[0])
    payment = world.collect(world.months[:1])
    assert world.agent.user is not None

    assert targets(session, world.agent.user, payment.id, "budi", world.vault) == []
    assert targets(session, world.finance, payment.id, " ", world.vault) == []
    found = targets(session, world.finance, payment.id, "budi", world.vault)
    assert [each.worker_id for each in found] == [theirs.id]
    with pytest.raises(NotFound):
        to(world, payment, theirs)
    with pytest.raises(NotFound):
        to(world, payment, far, world.finance.id)
    assert to(world, payment, theirs, world.finance.id).to_months == [world.months[0]]


def test_who_proposed_withdraws_and_nobody_else(world: World) -> None:
    payment = world.collect(world.months[:1])
    reversal = proposal(world, payment)
    withdraw = ReversalAction.WITHDRAW
    colleague = make_user(world.session, RoleName.FINANCE, office_id=world.office_id)

    for other in (world.agent.supervisor_id, colleague.id):
        with pytest.raises(NotFound):
            decide(world, reversal, other, withdraw)
    decide(world, reversal, world.agent.user_id, withdraw)

    assert reversal.state is ReversalState.WITHDRAWN
    assert payment.state is P.SETTLED
    with pytest.raises(Conflict):
        decide(world, reversal)
    assert void(world, payment).state is ReversalState.APPROVED


def test_a_receipt_whose_cash_went_through_a_bank_is_voided_too(world: World) -> None:
    bank = Depositing(world)
    payment = bank.collect(1)
    worker_id = payment.payer_id
    other = bank.collect(1)
    deposit = bank.declare()
    bank.start(deposit)
    bank.report(deposit, P.SETTLED)

    assert void(world, payment).credited

    session, agent_id = world.session, world.agent.id
    assert journal.balance(session, f"owed:worker:{worker_id}") == -PRICE
    assert check(session) == []
    # The bank takes the whole deposit back: one receipt's cash is the worker's already.
    bank.report(deposit, P.REFUNDED)
    assert journal.balance(session, f"cash:agent:{agent_id}") == PRICE == other.amount_idr
    assert journal.balance(session, f"shortage:agent:{agent_id}") == PRICE
    assert check(session) == []


def test_a_move_in_a_deposit_that_a_bank_takes_back_is_in_hand_again(world: World) -> None:
    bank = Depositing(world)
    payment = bank.collect(1)
    budi = right_worker(world)
    deposit = bank.declare()
    bank.start(deposit)
    bank.report(deposit, P.SETTLED)
    decide(world, to(world, payment, budi))

    bank.report(deposit, P.REFUNDED)

    assert journal.balance(world.session, f"cash:agent:{world.agent.id}") == PRICE
    assert journal.balance(world.session, f"shortage:agent:{world.agent.id}") == 0
    assert check(world.session) == []


def test_two_receipts_moved_at_once_pay_one_month_once(committed: Flask) -> None:
    waiting: list[int] = []

    def build(world: World) -> None:
        budi = right_worker(world, months=1)
        for _ in range(2):
            world.worker = make_worker(world.session, world.vault, agent=world.agent)
            make_contribution(world.session, world.worker, world.months[0])
            waiting.append(to(world, world.collect(world.months[:1]), budi).id)

    world = committed_world(committed, build)
    left = list(waiting)

    def approve(session: Session) -> str:
        return str(
            decide_reversal(
                session,
                reversal_id=left.pop(),
                action=ReversalAction.APPROVE,
                actor_id=world.agent.supervisor_id or 0,
            ).state
        )

    outcomes = at_once(committed, approve, 2)

    assert outcomes == {"approved": 1, "Conflict": 1}
    with committed.app_context(), transaction() as session:
        assert check(session) == []
        assert session.scalar(select(func.count()).select_from(Receipt)) == 3
