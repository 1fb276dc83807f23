"""Providers are asked by jobs: again until they answer, and by no page."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select, text

from agentsys import clock
from agentsys.extension.contract import (
    ChannelUnavailable,
    PaymentReport,
    PaymentRequest,
    PaymentState,
)
from agentsys.payments import open_payments, provider_calls, provider_queue
from agentsys.payments.models import Payment
from agentsys.payments.provider_models import Action, ProviderRequest
from tests.payments.asking import ask, next_try
from tests.payments.provider import DictPay
from tests.payments.world import PRICE, World

P = PaymentState


class LosesAnswers(DictPay):
    """A provider that makes the charge, while its first answers are lost on the way."""

    def __init__(self, lost: int = 1) -> None:
        """Lose so many answers."""
        super().__init__()
        self.lost = lost
        self.starts = 0

    def start(self, request: PaymentRequest) -> PaymentReport:
        """Charge, and perhaps lose the answer."""
        self.starts += 1
        report = super().start(request)
        if self.starts <= self.lost:
            # Its own question about an order tells the state, and not what to pay with.
            self.says(request.reference, P.PENDING, request.amount_idr)
            raise ChannelUnavailable("lost")
        self.accounts[request.reference] = report = PaymentReport(
            **vars(report) | {"pay_url": "https://pay.example/again"}
        )
        return report


def lost(world: World) -> Payment:
    """A payment whose charge was made, and whose answer was lost."""
    world.wallet = LosesAnswers()
    payment = world.ask()
    assert ask(world) == 1
    return payment


def test_a_payment_is_started_by_the_job_that_was_queued_with_it(world: World) -> None:
    payment = world.ask()
    queued = world.session.execute(
        text("SELECT queue_name, task_name FROM procrastinate_jobs WHERE status = 'todo'")
    ).all()
    assert (payment.state, world.wallet.accounts) == (P.CREATED, {})

    assert ask(world) == 1

    assert queued == [("ask", "ask_providers")]
    assert (payment.state, payment.pay_url) == (
        P.PENDING,
        f"https://pay.example/{payment.reference}",
    )
    assert provider_queue.outstanding(world.session, payment_id=payment.id) is None


def test_cash_is_asked_about_nowhere(world: World) -> None:
    world.collect(world.months[:1])

    assert world.session.scalar(select(func.count()).select_from(ProviderRequest)) == 0


def test_a_charge_whose_answer_was_lost_is_asked_for_again_within_seconds(
    world: World, now: time_machine.Traveller
) -> None:
    payment = lost(world)
    assert (payment.state, payment.pay_url) == (P.CREATED, "")

    waited = next_try(world) - clock.now()
    now.shift(waited)
    assert ask(world) == 1

    assert waited < timedelta(seconds=5)
    assert (payment.state, payment.pay_url) == (P.PENDING, "https://pay.example/again")
    assert world.wallet.starts == 2
    assert len(world.wallet.accounts) == 1


def test_the_intervals_grow_and_are_kept_in_the_database(
    world: World, now: time_machine.Traveller
) -> None:
    world.ask()
    world.wallet.down = True
    waits = []
    for _ in range(4):
        assert ask(world) == 1
        waits.append((next_try(world) - clock.now()).total_seconds())
        now.move_to(next_try(world))

    for waited, planned in zip(waits, (2, 4, 8, 15), strict=True):
        assert 0.8 * planned <= waited <= 1.2 * planned


def test_pending_news_that_came_first_do_not_end_the_asking_for_what_to_pay_with(
    world: World, now: time_machine.Traveller
) -> None:
    payment = lost(world)
    world.report(payment, P.PENDING)

    now.shift(timedelta(seconds=5))
    ask(world)

    assert payment.pay_url == "https://pay.example/again"


@pytest.mark.parametrize("state", [P.SETTLED, P.EXPIRED])
def test_a_payment_that_ended_meanwhile_is_not_charged_again(
    world: World, now: time_machine.Traveller, state: PaymentState
) -> None:
    payment = lost(world)
    world.wallet.says(payment.reference, state, PRICE)

    now.shift(timedelta(seconds=5))
    ask(world)

    assert payment.state is state
    assert world.wallet.starts == 1


def test_after_an_hour_nobody_charges_any_more(world: World, now: time_machine.Traveller) -> None:
    world.wallet = LosesAnswers(lost=99)
    payment = world.ask()
    ask(world)
    del world.wallet.accounts[payment.reference]

    now.shift(timedelta(minutes=61))
    ask(world)

    assert world.wallet.starts == 1
    assert provider_queue.outstanding(world.session, payment_id=payment.id) is None


def test_a_payment_that_was_not_sent_yet_is_cancelled_without_asking(world: World) -> None:
    payment = world.ask()

    open_payments.withdraw(world.session, payment.reference, by="user:1")

    assert payment.state is P.EXPIRED
    assert ask(world) == 0
    assert world.wallet.asked == {}


def test_cancelling_what_the_provider_does_not_know_ends_it(
    world: World, now: time_machine.Traveller
) -> None:
    payment = world.ask()
    world.wallet.down = True
    ask(world)
    world.wallet.down = False

    open_payments.withdraw(world.session, payment.reference, by="user:1")
    ask(world)

    assert payment.state is P.EXPIRED


def test_a_cancellation_that_gets_no_answer_is_tried_until_it_does(
    world: World, now: time_machine.Traveller
) -> None:
    payment = world.ask()
    ask(world)
    world.wallet.down = True
    open_payments.withdraw(world.session, payment.reference, by="user:1")
    for _ in range(12):
        ask(world)
        now.move_to(next_try(world))
    world.wallet.down = False
    world.wallet.says(payment.reference, P.EXPIRED, PRICE)

    ask(world)

    assert payment.state is P.EXPIRED


def test_a_check_is_asked_a_few_times_and_then_left_to_the_sweep(
    world: World, now: time_machine.Traveller
) -> None:
    payment = world.ask()
    ask(world)
    world.wallet.down = True
    open_payments.check(world.session, payment.reference, by="user:1")
    for _ in range(provider_calls.CHECKS):
        assert ask(world) == 1
        now.shift(timedelta(minutes=2))

    assert ask(world) == 0
    assert payment.state is P.PENDING


def test_a_cancellation_while_the_start_is_under_way_is_asked_after_it(world: World) -> None:
    payment = world.ask()
    world.session.commit()
    question = provider_queue.claim(world.session)
    assert question is not None
    open_payments.withdraw(world.session, payment.reference, by="user:1")
    assert payment.state is P.CREATED  # it may be at the provider by now
    assert provider_queue.claim(world.session) is None

    provider_queue.finish(world.session, question)

    following = provider_queue.claim(world.session)
    assert following is not None
    assert (following.action, following.tries) == (Action.CANCEL, 1)


def test_a_question_of_a_worker_that_died_is_asked_by_the_next(
    world: World, now: time_machine.Traveller
) -> None:
    payment = world.ask()
    assert provider_queue.claim(world.session) is not None
    assert ask(world) == 0

    now.shift(provider_queue.LEASE)

    assert ask(world) == 1
    assert payment.state is P.PENDING


def test_one_channel_takes_only_some_of_the_threads(world: World) -> None:
    for _ in range(provider_queue.MOST_AT_ONCE + 1):
        world.ask_for_another()
    other = world.ask_for_another()
    world.session.execute(
        text("UPDATE provider_requests SET channel = 'other' WHERE payment_id = :id"),
        {"id": other.id},
    )

    claimed = [provider_queue.claim(world.session) for _ in range(provider_queue.MOST_AT_ONCE + 2)]

    channels = [question.channel for question in claimed if question]
    assert channels == ["dictpay"] * provider_queue.MOST_AT_ONCE + ["other"]


def test_a_bug_in_a_channel_keeps_no_other_question_from_being_asked(world: World) -> None:
    class Broken(DictPay):
        def start(self, request: PaymentRequest) -> PaymentReport:
            raise KeyError("qr")

    broken, sound = world.ask_for_another(), world.ask_for_another()
    world.session.execute(
        text("UPDATE provider_requests SET channel = 'broken' WHERE payment_id = :id"),
        {"id": broken.id},
    )
    world.session.commit()
    channels = {"broken": Broken(), "dictpay": world.wallet}

    while provider_calls.ask_next(channels):
        pass

    world.session.expire_all()
    assert (broken.state, sound.state) == (P.CREATED, P.PENDING)
    assert world.session.scalars(select(ProviderRequest.note)).one() == "kesalahan kanal: KeyError"


def test_the_payments_of_a_vanished_plugin_wait(world: World) -> None:
    payment = world.ask()
    world.session.commit()

    assert provider_calls.ask_next({}) is True

    world.session.expire_all()
    assert world.session.get_one(Payment, payment.id).state is P.CREATED
