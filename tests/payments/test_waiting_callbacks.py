"""Callbacks that wait: silence, faulty channels, clocks and leases."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select, update

from agentsys import clock
from agentsys.extension.contract import ChannelUnavailable, PaymentState
from agentsys.payments import callbacks
from agentsys.payments.callback_claims import claim
from agentsys.payments.models import Case, CaseKind, Outcome, StoredCallback
from tests.payments.provider import DictPay
from tests.payments.stored_callbacks import process, rows, store
from tests.payments.world import PRICE, World

P = PaymentState


def test_while_the_provider_is_silent_a_callback_waits_longer_and_longer(world: World) -> None:
    payment = world.ask()
    world.wallet.down = True
    store(world, payment.reference)

    with time_machine.travel(clock.now(), tick=False) as now:
        waits = []
        for _ in range(7):
            assert process(world) == {None: 1}
            next_try = rows(world)[0].next_try_at
            assert next_try is not None
            waits.append(next_try - clock.now())
            now.move_to(next_try)
        world.wallet.down = False
        world.wallet.says(payment.reference, P.SETTLED, PRICE)
        assert process(world) == {Outcome.MOVED: 1}

    assert waits == [*callbacks.BACK_OFF, timedelta(hours=1), timedelta(hours=1)]
    assert payment.state is P.SETTLED


def silence(world: World, now: time_machine.Traveller, tries: int) -> None:
    """Process callbacks that many times without an answer of the provider."""
    for _ in range(tries):
        process(world)
        next_try = rows(world)[0].next_try_at
        assert next_try is not None
        now.move_to(next_try)


def test_a_callback_without_an_answer_for_too_long_is_a_case_until_there_is_one(
    world: World,
) -> None:
    payment = world.ask()
    world.wallet.down = True
    row_id = store(world, payment.reference)

    with time_machine.travel(clock.now(), tick=False) as now:
        silence(world, now, len(callbacks.BACK_OFF))
        assert world.session.scalars(select(Case)).all() == []
        silence(world, now, 3)
        case = world.session.scalars(select(Case)).one()
        assert (case.kind, case.payment_id, case.callback_id, case.closed_at) == (
            CaseKind.UNANSWERED,
            payment.id,
            row_id,
            None,
        )
        world.wallet.down = False
        world.wallet.says(payment.reference, P.SETTLED, PRICE)
        assert process(world) == {Outcome.MOVED: 1}

    world.session.expire_all()
    assert (case.resolution, case.closed_by) == ("answered", None)
    assert case.closed_at is not None


def test_a_callback_that_was_answered_and_then_is_not_opens_a_case_again(
    world: World,
) -> None:
    payment = world.ask()
    world.report(payment, P.SETTLED)
    world.wallet.says(payment.reference, P.SETTLED, PRICE)

    with time_machine.travel(clock.now(), tick=False) as now:
        for _ in range(2):
            world.wallet.down = True
            store(world, payment.reference)
            silence(world, now, len(callbacks.BACK_OFF) + 2)
            world.session.expire_all()
            case = world.session.scalars(select(Case)).one()
            assert (case.closed_at, case.resolution) == (None, "")

            world.wallet.down = False
            assert process(world) == {Outcome.NOTHING_NEW: 1}
            world.session.expire_all()
            assert case.resolution == "answered"


def test_what_waits_is_not_asked_about_before_its_time(world: World) -> None:
    payment = world.ask()
    world.wallet.down = True
    store(world, payment.reference)
    process(world)

    assert process(world) == {}
    assert world.wallet.asked[payment.reference] == 1


def test_a_callback_of_a_vanished_plugin_waits_with_a_note(world: World) -> None:
    payment = world.ask()
    world.wallet.says(payment.reference, P.SETTLED, PRICE)
    store(world, payment.reference)

    assert process(world, other=DictPay()) == {None: 1}

    (row,) = rows(world)
    assert row.note == "kanal dictpay tidak terpasang"
    assert row.outcome is None
    with time_machine.travel(clock.now() + timedelta(seconds=6)):
        assert process(world) == {Outcome.MOVED: 1}


def test_no_provider_can_vouch_for_a_payment_of_another(world: World) -> None:
    payment = world.ask()
    crook = DictPay()
    crook.says(payment.reference, P.SETTLED, PRICE)
    store(world, payment.reference, channel="crook")

    process(world, dictpay=world.wallet, crook=crook)

    assert crook.asked == {}
    assert payment.state is P.CREATED


def test_one_channels_bug_does_not_keep_the_others_waiting(world: World) -> None:
    good, bad = world.ask(), world.ask()
    bad_reference = bad.reference
    for payment in (good, bad):
        world.wallet.says(payment.reference, P.SETTLED, PRICE)
        store(world, payment.reference)

    def answer(reference: str) -> None:
        if reference == bad_reference:
            raise KeyError("a bug of the plugin")

    world.wallet.before_answer = answer

    assert process(world) == {Outcome.MOVED: 1, None: 1}
    assert (good.state, bad.state) == (P.SETTLED, P.CREATED)
    assert rows(world)[1].note == "kesalahan kanal: KeyError"


def test_whatever_a_channel_gives_as_its_reason_the_callback_waits(world: World) -> None:
    payment = world.ask()
    store(world, payment.reference)

    def answer(reference: str) -> None:
        raise ChannelUnavailable("Gateway:\0 <\ud800>")

    world.wallet.before_answer = answer

    assert process(world) == {None: 1}
    assert rows(world)[0].note == "Gateway: <?>"


def test_a_batch_that_died_after_claiming_is_taken_up_when_its_lease_ends(world: World) -> None:
    payment = world.ask()
    world.wallet.says(payment.reference, P.SETTLED, PRICE)
    store(world, payment.reference)

    def die(reference: str) -> None:
        raise SystemExit("killed between two commits")

    world.wallet.before_answer = die
    with pytest.raises(SystemExit):
        process(world)
    world.wallet.before_answer = lambda reference: None

    assert process(world) == {}
    with time_machine.travel(clock.now() + callbacks.LEASE):
        assert process(world) == {Outcome.MOVED: 1}


def test_what_a_clock_that_was_ahead_put_off_is_due_now(world: World) -> None:
    payment = world.ask()
    world.wallet.says(payment.reference, P.SETTLED, PRICE)
    with time_machine.travel(clock.now() + timedelta(days=30)):
        store(world, payment.reference)

    assert process(world) == {Outcome.MOVED: 1}


def test_what_was_put_off_by_the_longest_pause_still_waits(world: World) -> None:
    payment = world.ask()
    world.wallet.says(payment.reference, P.SETTLED, PRICE)
    with time_machine.travel(clock.now() + callbacks.BACK_OFF[-1]):
        store(world, payment.reference)

    assert process(world) == {}


def test_callbacks_of_one_batch_come_in_the_order_in_which_they_arrived(world: World) -> None:
    payment = world.ask()
    first, second, third = (
        store(world, payment.reference, extra=b" " * number) for number in range(3)
    )
    # A row that is written again stands behind the others.
    for callback_id in (third, second, first):
        world.session.execute(
            update(StoredCallback)
            .where(StoredCallback.id == callback_id)
            .values(note="", next_try_at=clock.now())
        )

    assert [claimed.id for claimed in claim(world.session, 10)] == [first, second, third]
