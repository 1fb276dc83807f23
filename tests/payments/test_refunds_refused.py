"""What keeps refunds through a provider from giving money that is not there."""

from __future__ import annotations

import secrets
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from agentsys import clock
from agentsys.errors import Conflict, Invalid, Refused
from agentsys.extension.contract import PaymentState, Refunded
from agentsys.ledger import accounts, journal
from agentsys.payments import refunds
from agentsys.payments.models import Case, CaseKind
from agentsys.payments.refund_models import RefundState
from agentsys.payments.refunds import RefundAction, decide_refund, possible
from agentsys.remittances.batches import make_batch
from agentsys.transfers.repayments import propose as propose_transfer
from tests.payments.refunding import (
    approve,
    ask,
    owed,
    paid,
    paid_twice,
    proposal,
    provider_report,
)
from tests.payments.world import PRICE

P = PaymentState


def test_while_the_provider_is_asked_the_money_cannot_be_transferred(world, pay, approver) -> None:
    payment = paid_twice(world)
    approve(world, proposal(world, payment, PRICE), approver.id)

    with pytest.raises(Refused):
        propose_transfer(
            world.session,
            account=accounts.owed_to_worker(world.worker.id),
            amount_idr=PRICE,
            bank_ref="TRF-1",
            note="Kelebihan bayar",
            actor_id=world.finance.id,
        )


def test_what_was_used_since_the_proposal_is_not_approved(world, pay, approver) -> None:
    payment = paid_twice(world)
    refund = proposal(world, payment, PRICE)
    journal.post(
        world.session,
        kind="test",
        source=secrets.token_hex(8),
        at=clock.now(),
        lines={
            accounts.bank(world.office_id): PRICE,
            accounts.own_funds(world.office_id): -PRICE,
        },
    )
    world.repay(PRICE)

    with pytest.raises(Conflict):
        approve(world, refund, approver.id)


def test_a_payment_that_is_about_to_go_back_is_not_remitted(world, pay, approver) -> None:
    payment = paid(world)
    proposal(world, payment)

    with pytest.raises(Refused):
        make_batch(world.session, office_id=world.office_id, actor_id=world.finance.id)


def test_money_that_went_to_bpjs_cannot_be_given_back(world, pay) -> None:
    payment = paid(world)
    make_batch(world.session, office_id=world.office_id, actor_id=world.finance.id)

    assert possible(world.session, payment, pay).why_not is not None
    with pytest.raises(Refused):
        proposal(world, payment)


def test_a_provider_that_refuses_leaves_the_money_to_the_worker(world, pay, approver) -> None:
    payment = paid_twice(world)
    pay.refuses = "Saldo tidak cukup."
    refund = proposal(world, payment, 6_800)
    approve(world, refund, approver.id)

    ask(world)

    assert (refund.state, refund.note) == (RefundState.FAILED, "Saldo tidak cukup.")
    assert owed(world) == PRICE
    assert proposal(world, payment, 6_800).key != refund.key


def test_after_six_days_without_an_answer_the_key_is_not_sent_again(world, pay, approver) -> None:
    refund = proposal(world, paid_twice(world), 6_800)
    approve(world, refund, approver.id)
    pay.down = True
    ask(world)
    pay.down = False

    with time_machine.travel(clock.now() + timedelta(days=6, hours=1)):
        ask(world)

    assert pay.keys == [refund.key]
    assert refund.state is RefundState.FAILED
    assert owed(world) == PRICE


def test_a_refund_that_was_given_up_and_came_about_after_all_is_booked(
    world, pay, approver
) -> None:
    payment = paid_twice(world)
    refund = proposal(world, payment, 6_800)
    approve(world, refund, approver.id)
    pay.refuses = "Tidak."
    ask(world)
    pay.given = {refund.key: Refunded(key=refund.key, amount_idr=6_800, confirmed=True)}
    pay.tell(payment.reference)

    provider_report(world, payment)

    world.session.refresh(refund)
    assert refund.state is RefundState.GIVEN
    assert owed(world) == PRICE - 6_800


def test_a_refund_that_nobody_here_asked_for_is_still_for_a_person(world, pay) -> None:
    payment = paid_twice(world)
    pay.given = {"dashboard-1": Refunded(key="dashboard-1", amount_idr=6_800, confirmed=True)}
    pay.tell(payment.reference)

    provider_report(world, payment)

    assert CaseKind.UNCLEAR in world.session.scalars(select(Case.kind)).all()
    assert owed(world) == PRICE


@pytest.mark.parametrize("amount_idr", [0, -1, PRICE + 1])
def test_more_than_there_is_and_nothing_are_refused(world, pay, amount_idr) -> None:
    with pytest.raises(Invalid):
        proposal(world, paid_twice(world), amount_idr)


def test_a_part_of_a_month_cannot_go_back(world, pay) -> None:
    with pytest.raises(Invalid):
        proposal(world, paid(world), PRICE - 1)


def test_the_second_proposal_of_a_payment_waits_for_the_first(world, pay) -> None:
    payment = paid_twice(world)
    proposal(world, payment, 6_800)

    with pytest.raises(Conflict):
        proposal(world, payment, 6_800)


def test_what_a_channel_cannot_give_back_goes_by_transfer(world) -> None:
    payment = paid(world)

    with pytest.raises(Refused, match="transfer"):
        proposal(world, payment)


def test_a_channel_that_gives_back_for_a_time_only_refuses_later(world, pay) -> None:
    payment = paid(world)

    with time_machine.travel(clock.now() + timedelta(days=46)), pytest.raises(Refused):
        proposal(world, payment)


def test_a_refused_proposal_asks_nobody(world, pay, approver) -> None:
    refund = proposal(world, paid(world))
    decide_refund(
        world.session,
        refund_id=refund.id,
        channel=pay,
        action=RefundAction.REFUSE,
        actor_id=approver.id,
    )

    ask(world)

    assert (refund.state, pay.keys) == (RefundState.REFUSED, [])
    assert refunds.possible(world.session, refund.payment, pay).most_idr == PRICE
