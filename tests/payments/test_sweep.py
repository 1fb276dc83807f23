"""The sweep polls providers about pending payments."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import text, update

from agentsys import clock, jobs
from agentsys.extension.contract import ChannelStopped, PaymentReport, PaymentState
from agentsys.payments import circuit, provider_calls, sweep
from agentsys.payments.models import Outcome, Payment
from agentsys.payments.provider_models import ChannelHealth
from agentsys.payments.sweep import recheck_silent
from tests.payments.provider import DictPay
from tests.payments.world import PRICE, World

P = PaymentState
MINUTE = timedelta(minutes=1)


def test_a_payment_whose_callback_was_lost_settles_by_the_sweep(world: World) -> None:
    payment = world.ask()
    world.report(payment, P.PENDING)
    world.session.commit()
    world.wallet.says(payment.reference, P.SETTLED, PRICE)

    assert recheck_silent({"dictpay": world.wallet}) == {}
    with time_machine.travel(clock.now() + MINUTE):
        assert recheck_silent({"dictpay": world.wallet}) == {Outcome.MOVED: 1}

    world.session.expire_all()
    assert payment.state is P.SETTLED


def test_the_questions_come_less_and_less_often(world: World) -> None:
    with time_machine.travel(clock.now(), tick=False) as now:
        payment = world.ask()
        world.report(payment, P.PENDING)
        world.wallet.says(payment.reference, P.PENDING, PRICE)
        waits, before = [], clock.now()
        for _ in range(7):
            world.session.expire_all()
            assert payment.next_check_at is not None
            waits.append(payment.next_check_at - before)
            before = payment.next_check_at
            now.move_to(before)
            world.session.commit()
            assert recheck_silent({"dictpay": world.wallet}) == {Outcome.NOTHING_NEW: 1}

    assert waits == [
        MINUTE,
        5 * MINUTE,
        15 * MINUTE,
        60 * MINUTE,
        timedelta(days=1),
        timedelta(days=1),
        timedelta(days=1),
    ]


def test_a_question_that_a_clock_put_off_for_a_year_is_asked_now(world: World) -> None:
    payment = world.ask()
    world.report(payment, P.PENDING)
    payment.next_check_at = clock.now() + timedelta(days=365)
    world.session.commit()
    world.wallet.says(payment.reference, P.SETTLED, PRICE)

    assert recheck_silent({"dictpay": world.wallet}) == {Outcome.MOVED: 1}


def test_a_payment_that_its_provider_does_not_know_expires_after_an_hour(world: World) -> None:
    payment = world.ask()
    world.session.commit()

    with time_machine.travel(clock.now() + 59 * MINUTE):
        recheck_silent({"dictpay": world.wallet})
        world.session.expire_all()
        assert payment.state is P.CREATED
    with time_machine.travel(clock.now() + 70 * MINUTE):
        recheck_silent({"dictpay": world.wallet})

    world.session.expire_all()
    assert payment.state is P.EXPIRED


def test_a_silent_provider_leaves_the_payment_as_it_is(world: World) -> None:
    payment = world.ask()
    world.session.commit()
    world.wallet.down = True

    with time_machine.travel(clock.now() + timedelta(days=3)):
        assert recheck_silent({"dictpay": world.wallet}) == {None: 1}

    world.session.expire_all()
    assert payment.state is P.CREATED


def test_payments_of_a_vanished_plugin_are_left_in_peace(world: World) -> None:
    payment = world.ask()
    world.session.commit()

    with time_machine.travel(clock.now() + MINUTE):
        assert recheck_silent({}) == {None: 1}

    world.session.expire_all()
    assert payment.state is P.CREATED


def test_settled_money_is_never_asked_about_again(world: World) -> None:
    for payment, state in [(world.ask(), P.SETTLED), (world.ask(), P.REFUNDED)]:
        world.report(payment, state)
    world.session.execute(update(Payment).values(next_check_at=clock.now() - MINUTE))
    world.session.commit()

    assert recheck_silent({"dictpay": world.wallet}) == {}


@pytest.mark.parametrize("state", [P.EXPIRED, P.FAILED])
def test_a_payment_that_was_given_up_is_asked_about_three_times_more(
    world: World, state: PaymentState
) -> None:
    with time_machine.travel(clock.now(), tick=False) as now:
        payment = world.ask()
        world.wallet.says(payment.reference, state, PRICE)
        world.report(payment, state)
        waits, before = [], clock.now()
        while payment.next_check_at is not None:
            waits.append(payment.next_check_at - before)
            before = payment.next_check_at
            now.move_to(before)
            world.session.commit()
            recheck_silent({"dictpay": world.wallet})
            world.session.expire_all()

    assert waits == [60 * MINUTE, timedelta(days=1), timedelta(days=3)]


def test_a_payment_that_was_asked_about_before_is_asked_three_times_after_it_was_given_up(
    world: World,
) -> None:
    with time_machine.travel(clock.now(), tick=False) as now:
        payment = world.ask()
        world.wallet.says(payment.reference, P.PENDING, PRICE)
        for _ in range(3):
            assert payment.next_check_at is not None
            now.move_to(payment.next_check_at)
            world.session.commit()
            recheck_silent({"dictpay": world.wallet})
            world.session.expire_all()
        assert payment.checks == 3
        world.wallet.says(payment.reference, P.EXPIRED, PRICE)
        world.report(payment, P.EXPIRED)
        waits, before = [], clock.now()
        while payment.next_check_at is not None:
            waits.append(payment.next_check_at - before)
            before = payment.next_check_at
            now.move_to(before)
            world.session.commit()
            recheck_silent({"dictpay": world.wallet})
            world.session.expire_all()

    assert waits == [60 * MINUTE, timedelta(days=1), timedelta(days=3)]


def test_money_that_comes_after_the_payment_was_given_up_is_found(world: World) -> None:
    payment = world.ask()
    world.report(payment, P.EXPIRED)
    world.session.commit()
    world.wallet.says(payment.reference, P.SETTLED, PRICE)

    with time_machine.travel(clock.now() + 61 * MINUTE):
        assert recheck_silent({"dictpay": world.wallet}) == {Outcome.TO_CHECK: 1}

    world.session.expire_all()
    assert payment.state is P.SETTLED


def test_a_question_that_got_no_answer_is_never_the_last(world: World) -> None:
    with time_machine.travel(clock.now(), tick=False) as now:
        payment = world.ask()
        world.report(payment, P.EXPIRED)
        world.wallet.down = True
        for _ in range(5):
            assert payment.next_check_at is not None
            now.move_to(payment.next_check_at)
            world.session.commit()
            assert recheck_silent({"dictpay": world.wallet}) == {None: 1}
            world.session.expire_all()
        world.wallet.down = False
        world.wallet.says(payment.reference, P.SETTLED, PRICE)
        now.move_to(payment.next_check_at)
        world.session.commit()

        assert recheck_silent({"dictpay": world.wallet}) == {Outcome.TO_CHECK: 1}

    world.session.expire_all()
    assert payment.state is P.SETTLED


def test_cash_that_was_given_up_is_asked_about_by_nobody(world: World) -> None:
    payment = world.ask(channel=world.cash)

    world.report(payment, P.EXPIRED)

    assert payment.next_check_at is None


def test_all_that_is_due_is_asked_about_in_one_go(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "BATCH", 2)
    payments = [world.ask() for _ in range(5)]
    world.session.commit()

    with time_machine.travel(clock.now() + MINUTE):
        jobs.recheck_silent()

    world.session.expire_all()
    assert [payment.checks for payment in payments] == [1] * 5


class Withdraws(DictPay):
    """A provider that keeps a payment pending past its time until it is told to end it."""

    def cancel(self, reference: str) -> PaymentReport:
        """End it."""
        self.says(reference, P.EXPIRED, PRICE)
        return self.check(reference)


def test_a_payment_that_is_pending_long_past_its_time_is_ended_by_us(world: World) -> None:
    world.wallet = Withdraws()
    payment = world.ask()
    ends = clock.now() + 15 * MINUTE
    world.wallet.says(payment.reference, P.PENDING, PRICE, expires_at=ends)
    world.report(payment, P.PENDING)
    payment.expires_at = ends
    states = []
    for moment in (ends + sweep.GRACE - MINUTE, ends + sweep.GRACE):
        payment.next_check_at = moment
        world.session.commit()
        with time_machine.travel(moment, tick=False):
            recheck_silent({"dictpay": world.wallet})
        world.session.expire_all()
        states.append(payment.state)

    assert states == [P.PENDING, P.EXPIRED]


def test_a_payment_without_a_code_is_started_again_by_the_sweep(world: World) -> None:
    payment = world.ask()
    world.session.execute(text("DELETE FROM provider_requests"))
    world.session.commit()

    with time_machine.travel(clock.now() + MINUTE):
        recheck_silent({"dictpay": world.wallet})
        while provider_calls.ask_next({"dictpay": world.wallet}):
            pass

    world.session.expire_all()
    assert payment.pay_url == f"https://pay.example/{payment.reference}"


def test_a_key_that_is_refused_when_callbacks_are_processed_stops_the_channel(
    world: World,
) -> None:
    class Refuses(DictPay):
        def check(self, reference: str) -> PaymentReport:
            raise ChannelStopped("Penyedia menolak kunci kita.")

    world.wallet = Refuses()
    for _ in range(3):
        world.report(world.ask(), P.PENDING)
    world.session.commit()

    with time_machine.travel(clock.now() + MINUTE):
        assert recheck_silent({"dictpay": world.wallet}) == {None: 3}

    assert circuit.health_of(world.session, "dictpay") is ChannelHealth.STOPPED
