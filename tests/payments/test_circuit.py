"""Channels that refuse us stop, and those that do not answer pause."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from agentsys import clock
from agentsys.errors import Refused
from agentsys.extension.contract import (
    ChannelStopped,
    ChannelUnavailable,
    PaymentReport,
    PaymentRequest,
    PaymentState,
)
from agentsys.payments import circuit, open_payments
from agentsys.payments.provider_models import ChannelHealth, ProviderRequest
from tests.payments.asking import ask
from tests.payments.provider import DictPay
from tests.payments.world import PRICE, World

P = PaymentState


class Refuses(DictPay):
    """A provider that does not take our key, or has not activated the channel."""

    by_start = False
    refuses = True

    def start(self, request: PaymentRequest) -> PaymentReport:
        """Refused."""
        if self.refuses:
            raise ChannelStopped("Penyedia menolak kunci kita.", by_start=self.by_start)
        return super().start(request)

    def check(self, reference: str) -> PaymentReport:
        """Refused too, unless only starting is."""
        if self.refuses and not self.by_start:
            raise ChannelStopped("Penyedia menolak kunci kita.")
        return super().check(reference)


def test_a_refused_key_fails_the_payment_plainly_and_stops_the_channel_once(
    world: World, logged
) -> None:
    world.wallet = Refuses()
    first, second = world.ask_for_another(), world.ask_for_another()

    ask(world)

    assert (first.state, first.reason) == (P.FAILED, "Penyedia menolak kunci kita.")
    assert second.state is P.CREATED
    assert circuit.health_of(world.session, "dictpay") is ChannelHealth.STOPPED
    assert logged().count("channel stopped") == 1
    with pytest.raises(Refused, match="sedang berhenti"):
        world.ask_for_another()


def test_what_never_reached_a_stopped_channel_is_cancelled_at_once(world: World) -> None:
    world.wallet = Refuses()
    world.ask_for_another()
    waits = world.ask_for_another()
    ask(world)

    open_payments.withdraw(world.session, waits.reference, by="user:1")

    assert waits.state is P.EXPIRED


def test_a_key_that_is_taken_again_starts_what_waited(
    world: World, now: time_machine.Traveller
) -> None:
    world.wallet = Refuses()
    world.ask_for_another()
    waits = world.ask_for_another()
    ask(world)
    now.shift(circuit.STOPPED_FOR)
    circuit.probe({"dictpay": world.wallet})
    assert circuit.health_of(world.session, "dictpay") is ChannelHealth.STOPPED

    world.wallet.refuses = False
    now.shift(circuit.STOPPED_FOR)
    circuit.probe({"dictpay": world.wallet})
    now.shift(timedelta(seconds=2))
    ask(world)

    assert circuit.health_of(world.session, "dictpay") is ChannelHealth.WORKING
    assert waits.state is P.PENDING


def test_a_method_that_is_not_activated_is_tried_by_a_payment_after_a_while(
    world: World, now: time_machine.Traveller
) -> None:
    world.wallet = Refuses()
    world.wallet.by_start = True
    world.ask_for_another()
    ask(world)
    with pytest.raises(Refused):
        world.ask_for_another()
    circuit.probe({"dictpay": world.wallet})
    assert circuit.health_of(world.session, "dictpay") is ChannelHealth.STOPPED

    now.shift(circuit.TRIED_AFTER)
    world.wallet.refuses = False
    payment = world.ask_for_another()
    ask(world)

    assert payment.state is P.PENDING
    assert circuit.health_of(world.session, "dictpay") is ChannelHealth.WORKING


def test_a_channel_that_does_not_answer_pauses_for_starts_but_not_for_checks(
    world: World, now: time_machine.Traveller
) -> None:
    started = world.ask_for_another()
    ask(world)
    world.wallet.down = True
    payments = [world.ask_for_another() for _ in range(circuit.PAUSES_AFTER + 2)]

    assert ask(world) == circuit.PAUSES_AFTER

    assert circuit.health_of(world.session, "dictpay") is ChannelHealth.AWAY
    world.wallet.down = False
    world.wallet.says(started.reference, P.EXPIRED, PRICE)
    open_payments.check(world.session, started.reference, by="user:1")
    assert ask(world) == 1
    assert started.state is P.EXPIRED
    assert {payment.state for payment in payments} == {P.CREATED}


def test_after_an_outage_what_waited_is_started_one_after_another(
    world: World, now: time_machine.Traveller
) -> None:
    world.wallet.down = True
    payments = [world.ask_for_another() for _ in range(40)]
    ask(world)
    world.wallet.down = False
    now.shift(timedelta(seconds=30))

    circuit.probe({"dictpay": world.wallet})

    world.session.expire_all()
    due = world.session.scalars(select(ProviderRequest.next_try_at)).all()
    assert max(due) - min(due) > timedelta(seconds=5)
    assert max(due) - clock.now() <= timedelta(seconds=10)
    now.shift(timedelta(seconds=11))
    ask(world)
    assert {payment.state for payment in payments} == {P.PENDING}


def test_a_channel_that_only_answers_questions_pauses_again_at_once_and_for_longer(
    world: World, now: time_machine.Traveller
) -> None:
    class ChargesHang(DictPay):
        def start(self, request: PaymentRequest) -> PaymentReport:
            raise ChannelUnavailable("hangs")

    world.wallet = ChargesHang()
    for _ in range(circuit.PAUSES_AFTER):
        world.ask_for_another()
    ask(world)
    pauses = []
    for _ in range(3):
        [state] = circuit.states(world.session)
        assert state.health is ChannelHealth.AWAY
        assert state.retry_at is not None
        pauses.append((state.retry_at - clock.now()).total_seconds())
        now.move_to(state.retry_at)
        circuit.probe({"dictpay": world.wallet})
        now.shift(timedelta(seconds=62))
        ask(world)

    assert pauses[0] < pauses[1] < pauses[2]
