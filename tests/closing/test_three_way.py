"""Each contribution of a month is in one class of the three-way match, by the real routes."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.closing.three_way import CASH, MatchClass, Sums
from agentsys.crypto import Vault
from agentsys.extension.contract import PaymentState
from agentsys.remittances.holds import hold
from agentsys.statements.deciding import match
from agentsys.statements.models import ThingKind
from tests.closing.matching import Month
from tests.payments.world import PRICE, World


@pytest.fixture
def month(session: Session, vault: Vault) -> Month:
    """A worker who owes the month, and nobody paid."""
    return Month(World.build(session, vault))


def test_what_nobody_paid_is_billed_and_no_exception(month: Month) -> None:
    found = month.found()

    assert found.total == Sums(count=1, billed_idr=PRICE)
    assert found.by_class[MatchClass.UNPAID] == found.total
    assert found.exceptions == Sums()


def test_settled_confirmed_and_reported_by_the_provider_is_matched_in_all_three(
    month: Month,
) -> None:
    payment = month.pay()
    month.confirm()
    month.settle(payment)

    assert month.classes()[payment.reference] is MatchClass.MATCHED
    assert month.found().by_channel[payment.channel] == Sums(
        count=1,
        billed_idr=PRICE,
        collected_idr=PRICE,
        gateway_idr=PRICE,
        journal_idr=PRICE,
        bpjs_idr=PRICE,
    )


def test_cash_needs_no_provider_to_be_matched(month: Month) -> None:
    paid = month.world.collect(month.world.months[:1])
    month.world.confirm(month.world.declare())
    month.confirm()

    assert month.classes() == {paid.reference: MatchClass.MATCHED}
    assert month.found().by_channel[CASH].bpjs_idr == PRICE


def test_paid_and_not_remitted(month: Month) -> None:
    payment = month.pay()

    assert month.classes()[payment.reference] is MatchClass.PAID
    assert month.found().exceptions.journal_idr == PRICE


def test_remitted_and_not_confirmed(month: Month) -> None:
    payment = month.pay()
    made = month.batch()

    assert month.classes()[payment.reference] is MatchClass.REMITTED
    assert month.contribution(payment).remittance_id == made.id


def test_confirmed_and_not_settled_by_the_gateway(month: Month) -> None:
    payment = month.pay()
    month.confirm()

    assert month.classes()[payment.reference] is MatchClass.NOT_SETTLED
    month.settle(payment)
    assert month.classes()[payment.reference] is MatchClass.MATCHED


def test_settled_by_the_gateway_without_journal(month: Month) -> None:
    payment = month.world.ask_for_another()
    month.settle(payment)

    assert month.classes()[payment.reference] is MatchClass.UNBOOKED
    month.world.report(payment, PaymentState.SETTLED)
    assert month.classes()[payment.reference] is MatchClass.PAID


def test_an_order_that_was_settled_besides_cash_is_without_journal(month: Month) -> None:
    order = month.world.ask()
    month.world.report(order, PaymentState.EXPIRED)
    month.world.collect(month.world.months[:1])
    month.settle(order)

    assert month.classes() == {order.reference: MatchClass.UNBOOKED}


def test_booked_and_not_on_the_report_of_its_days(month: Month) -> None:
    payment = month.pay()
    before = month.classes()[payment.reference]
    with time_machine.travel(clock.now() + timedelta(days=5), tick=True):
        month.let_days_pass_without()

    assert before is MatchClass.PAID
    assert month.classes()[payment.reference] is MatchClass.NOT_AT_GATEWAY


def test_given_back_by_the_provider_after_bpjs_was_paid(month: Month) -> None:
    payment = month.pay()
    month.confirm()
    month.world.report(payment, PaymentState.REFUNDED)

    assert month.classes()[payment.reference] is MatchClass.NOT_AT_GATEWAY
    assert month.found().total.journal_idr == PRICE


def test_refused_by_bpjs(month: Month) -> None:
    payment = month.pay()
    one = month.contribution(payment)
    hold(
        month.world.session,
        worker_id=one.worker_id,
        month=one.month,
        reason="NIK ditolak",
        actor_id=month.world.finance.id,
    )

    assert month.classes()[payment.reference] is MatchClass.REFUSED


@pytest.mark.parametrize("off", [700, -700])
def test_another_sum_at_bpjs(month: Month, off: int) -> None:
    first, second = month.pay(), month.pay()
    month.settle(first, second)
    month.confirm(off=off)

    classes = month.classes()
    assert {classes[first.reference], classes[second.reference]} == {MatchClass.SUM_DIFFERS}
    assert month.found().total.bpjs_idr == 2 * PRICE + off


def test_another_sum_at_the_gateway(month: Month) -> None:
    payment = month.pay()
    month.confirm()
    report = month.settle(payment, off=-300)
    [line] = report.lines()
    match(
        month.world.session,
        line_id=line.id,
        kind=ThingKind.PAYMENT,
        thing_id=payment.id,
        actor_id=month.world.finance.id,
    )

    assert month.classes()[payment.reference] is MatchClass.SUM_DIFFERS
    assert month.found().total.gateway_idr == PRICE - 300
