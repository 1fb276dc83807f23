"""Refunds through a provider: two people, one key, and books that say what went back."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from agentsys import clock
from agentsys.errors import Forbidden, NotFound
from agentsys.extension.contract import PaymentState
from agentsys.ledger import accounts, journal
from agentsys.payments.models import Case, CaseKind
from agentsys.payments.refund_models import RefundState
from agentsys.payments.refunds import propose
from agentsys.people.models import RoleName
from tests.factories import make_office, make_user
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


def test_two_people_give_a_payment_back_and_its_month_is_open_again(world, pay, approver) -> None:
    payment = paid(world)
    refund = proposal(world, payment)
    approve(world, refund, approver.id)

    ask(world)

    assert (refund.state, payment.state) == (RefundState.GIVEN, P.REFUNDED)
    assert not any(journal.balances(world.session).values())
    assert world.ask().amount_idr == PRICE  # the month can be billed again
    assert world.session.scalars(select(Case)).all() == []


def test_one_person_cannot_approve_the_own_proposal(world, pay) -> None:
    refund = proposal(world, paid(world))

    with pytest.raises(Forbidden):
        approve(world, refund, world.finance.id)

    assert refund.state is RefundState.PROPOSED
    assert pay.keys == []


@pytest.mark.parametrize("role", [RoleName.SUPERVISOR, RoleName.AUDITOR])
def test_only_finance_proposes(world, pay, role) -> None:
    payment = paid(world)
    person = make_user(world.session, role, office_id=world.office_id)

    with pytest.raises(Forbidden):
        propose(
            world.session,
            payment_id=payment.id,
            channel=pay,
            amount_idr=PRICE,
            reason="x",
            actor_id=person.id,
        )


def test_finance_of_another_office_does_not_find_it(world, pay) -> None:
    payment = paid(world)
    elsewhere = make_office(world.session)
    stranger = make_user(world.session, RoleName.FINANCE, office_id=elsewhere.id)
    refund = proposal(world, payment)

    with pytest.raises(NotFound):
        approve(world, refund, stranger.id)


def test_a_lost_answer_is_asked_for_again_with_the_same_key(world, pay, approver) -> None:
    refund = proposal(world, paid(world))
    approve(world, refund, approver.id)
    pay.lose_answer = True
    ask(world)
    assert refund.state is RefundState.APPROVED

    with time_machine.travel(clock.now() + timedelta(minutes=1)):
        ask(world)

    assert pay.keys == [refund.key, refund.key]
    assert len(pay.given) == 1
    assert refund.state is RefundState.GIVEN


def test_what_is_owed_goes_back_in_part_and_the_payment_stays_paid(world, pay, approver) -> None:
    payment = paid_twice(world)
    refund = proposal(world, payment, 6_800)
    approve(world, refund, approver.id)

    ask(world)

    assert (refund.state, refund.is_whole, payment.state) == (RefundState.GIVEN, False, P.SETTLED)
    assert owed(world) == PRICE - 6_800
    assert journal.lines_of(
        world.session, kind="payment.part_refunded", source=f"refund:{refund.id}"
    ) == {
        accounts.clearing("dict", world.office_id): -6_800,
        accounts.owed_to_worker(world.worker.id): 6_800,
    }
    # Our own refund is no news that a person must judge.
    kinds = world.session.scalars(select(Case.kind)).all()
    assert kinds == [CaseKind.PAID_TWICE]


def test_the_second_notice_confirms_and_books_nothing(world, pay, approver) -> None:
    payment = paid_twice(world)
    refund = proposal(world, payment, 6_800)
    approve(world, refund, approver.id)
    ask(world)
    before = journal.balances(world.session)
    assert refund.confirmed_at is None

    pay.confirm(payment.reference)
    for _ in range(2):
        world.session.commit()
        provider_report(world, payment)

    world.session.refresh(refund)
    assert refund.confirmed_at is not None
    assert journal.balances(world.session) == before


def test_several_parts_add_up_to_the_whole(world, pay, approver) -> None:
    payment = paid_twice(world)
    for amount_idr in (6_800, 10_000):
        approve(world, proposal(world, payment, amount_idr), approver.id)
        ask(world)

    assert owed(world) == 0
    provider_report(world, payment)
    assert owed(world) == 0
    assert world.session.scalars(select(Case.kind)).all() == [CaseKind.PAID_TWICE]
