"""Stored callbacks: each is stored once, and only the provider's own answer moves money."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select, text

from agentsys import clock
from agentsys.errors import Conflict
from agentsys.extension.contract import Callback, ChannelUnavailable, PaymentState
from agentsys.ledger import journal
from agentsys.payments import callbacks
from agentsys.payments.models import Case, CaseKind, Outcome, Payment, StoredCallback
from tests.payments.provider import DictPay, callback_for
from tests.payments.world import PRICE, World

P = PaymentState


def store(world: World, reference: str, channel: str = "dictpay", extra: bytes = b"") -> int:
    """Store an authentic callback."""
    callback = callback_for(reference)
    callback = type(callback)(headers=callback.headers, body=callback.body + extra)
    return callbacks.store(world.session, channel=channel, callback=callback, reference=reference)


def settle(world: World, **channels: DictPay) -> Counter[Outcome | None]:
    """Process one batch, as the job does."""
    world.session.commit()
    return callbacks.process_waiting(channels or {"dictpay": world.wallet})


def rows(world: World) -> list[StoredCallback]:
    """All stored callbacks."""
    world.session.expire_all()
    return list(world.session.scalars(select(StoredCallback).order_by(StoredCallback.id)))


def test_a_callback_makes_us_ask_and_the_answer_moves_the_payment(world: World) -> None:
    payment = world.ask()
    world.wallet.says(payment.reference, P.SETTLED, PRICE)
    store(world, payment.reference)

    outcomes = settle(world)

    assert outcomes == {Outcome.MOVED: 1}
    assert payment.state is P.SETTLED
    (row,) = rows(world)
    assert (row.outcome, row.next_try_at) == (Outcome.MOVED, None)


def test_a_callback_with_a_false_status_moves_nothing(world: World) -> None:
    payment = world.ask()
    world.wallet.says(payment.reference, P.PENDING, PRICE)
    store(world, payment.reference, extra=b'{"transaction_status": "settlement"}')

    settle(world)

    assert payment.state is P.PENDING
    assert journal.balances(world.session) == {}


def test_fifty_deliveries_are_one_row_one_request_and_one_change(world: World) -> None:
    payment = world.ask()
    world.wallet.says(payment.reference, P.SETTLED, PRICE)
    ids = {store(world, payment.reference) for _ in range(50)}

    outcomes = settle(world)

    assert len(ids) == 1
    assert rows(world)[0].deliveries == 50
    assert world.wallet.asked[payment.reference] == 1
    assert outcomes == {Outcome.MOVED: 1}


def test_different_callbacks_about_one_payment_are_one_question(world: World) -> None:
    payment = world.ask()
    world.wallet.says(payment.reference, P.SETTLED, PRICE)
    for number in range(4):
        store(world, payment.reference, extra=b"%d" % number)

    outcomes = settle(world)

    assert world.wallet.asked[payment.reference] == 1
    assert outcomes == {Outcome.MOVED: 4}


def test_whatever_its_headers_say_a_callback_is_stored(world: World) -> None:
    headers = {"user-agent": "C:\\u0000", "content-type": "\0text"}
    callback = Callback(headers=headers, body=b"honest:AG-1")

    callbacks.store(world.session, channel="dictpay", callback=callback, reference="AG-1")

    assert rows(world)[0].headers == {"user-agent": "C:\\u0000", "content-type": "text"}


def test_storing_wakes_the_batch_once(world: World) -> None:
    for number in range(3):
        store(world, f"AG-{number}")

    waiting = world.session.scalar(
        text("SELECT count(*) FROM procrastinate_jobs WHERE queueing_lock = 'process_callbacks'")
    )
    assert waiting == 1


def test_a_callback_for_a_payment_that_we_never_started_opens_a_case(world: World) -> None:
    row_id = store(world, "AG-NEVER")

    outcomes = settle(world)

    assert outcomes == {Outcome.UNKNOWN: 1}
    case = world.session.scalars(select(Case)).one()
    assert (case.kind, case.subject, case.callback_id) == (
        CaseKind.UNKNOWN_ORDER,
        "AG-NEVER",
        row_id,
    )


def test_while_the_provider_is_silent_a_callback_waits_longer_and_longer(world: World) -> None:
    payment = world.ask()
    world.wallet.down = True
    store(world, payment.reference)

    with time_machine.travel(clock.now(), tick=False) as now:
        waits = []
        for _ in range(7):
            assert settle(world) == {None: 1}
            next_try = rows(world)[0].next_try_at
            assert next_try is not None
            waits.append(next_try - clock.now())
            now.move_to(next_try)
        world.wallet.down = False
        world.wallet.says(payment.reference, P.SETTLED, PRICE)
        assert settle(world) == {Outcome.MOVED: 1}

    assert waits == [*callbacks.BACK_OFF, timedelta(hours=1), timedelta(hours=1)]
    assert payment.state is P.SETTLED


def silence(world: World, now: time_machine.Traveller, tries: int) -> None:
    """Process callbacks that many times without an answer of the provider."""
    for _ in range(tries):
        settle(world)
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
        assert settle(world) == {Outcome.MOVED: 1}

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
            assert settle(world) == {Outcome.NOTHING_NEW: 1}
            world.session.expire_all()
            assert case.resolution == "answered"


def test_what_waits_is_not_asked_about_before_its_time(world: World) -> None:
    payment = world.ask()
    world.wallet.down = True
    store(world, payment.reference)
    settle(world)

    assert settle(world) == {}
    assert world.wallet.asked[payment.reference] == 1


def test_a_callback_of_a_vanished_plugin_waits_with_a_note(world: World) -> None:
    payment = world.ask()
    world.wallet.says(payment.reference, P.SETTLED, PRICE)
    store(world, payment.reference)

    assert settle(world, other=DictPay()) == {None: 1}

    (row,) = rows(world)
    assert row.note == "kanal dictpay tidak terpasang"
    assert row.outcome is None
    with time_machine.travel(clock.now() + timedelta(seconds=6)):
        assert settle(world) == {Outcome.MOVED: 1}


def test_no_provider_can_vouch_for_a_payment_of_another(world: World) -> None:
    payment = world.ask()
    crook = DictPay()
    crook.says(payment.reference, P.SETTLED, PRICE)
    store(world, payment.reference, channel="crook")

    settle(world, dictpay=world.wallet, crook=crook)

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

    assert settle(world) == {Outcome.MOVED: 1, None: 1}
    assert (good.state, bad.state) == (P.SETTLED, P.CREATED)
    assert rows(world)[1].note == "kesalahan kanal: KeyError"


def test_whatever_a_channel_gives_as_its_reason_the_callback_waits(world: World) -> None:
    payment = world.ask()
    store(world, payment.reference)

    def answer(reference: str) -> None:
        raise ChannelUnavailable("Gateway:\0 <\ud800>")

    world.wallet.before_answer = answer

    assert settle(world) == {None: 1}
    assert rows(world)[0].note == "Gateway: <?>"


def test_a_batch_that_died_after_claiming_is_taken_up_when_its_lease_ends(world: World) -> None:
    payment = world.ask()
    world.wallet.says(payment.reference, P.SETTLED, PRICE)
    store(world, payment.reference)

    def die(reference: str) -> None:
        raise SystemExit("killed between two commits")

    world.wallet.before_answer = die
    with pytest.raises(SystemExit):
        settle(world)
    world.wallet.before_answer = lambda reference: None

    assert settle(world) == {}
    with time_machine.travel(clock.now() + callbacks.LEASE):
        assert settle(world) == {Outcome.MOVED: 1}


def test_what_a_clock_that_was_ahead_put_off_is_due_now(world: World) -> None:
    payment = world.ask()
    world.wallet.says(payment.reference, P.SETTLED, PRICE)
    with time_machine.travel(clock.now() + timedelta(days=30)):
        store(world, payment.reference)

    assert settle(world) == {Outcome.MOVED: 1}


def test_what_was_put_off_by_the_longest_pause_still_waits(world: World) -> None:
    payment = world.ask()
    world.wallet.says(payment.reference, P.SETTLED, PRICE)
    with time_machine.travel(clock.now() + callbacks.BACK_OFF[-1]):
        store(world, payment.reference)

    assert settle(world) == {}


def test_a_person_can_have_a_callback_processed_again(world: World) -> None:
    payment = world.ask()
    row_id = store(world, payment.reference)
    settle(world)
    world.wallet.says(payment.reference, P.SETTLED, PRICE)

    callbacks.replay(world.session, callback_id=row_id)
    with pytest.raises(Conflict):
        callbacks.replay(world.session, callback_id=row_id)

    assert settle(world) == {Outcome.MOVED: 1}
    assert world.session.get(Payment, payment.id).state is P.SETTLED


def test_a_callback_that_found_nothing_new_is_processed_when_it_comes_again(
    world: World,
) -> None:
    payment = world.ask()
    world.report(payment, P.SETTLED)
    world.wallet.says(payment.reference, P.SETTLED, PRICE)
    store(world, payment.reference)
    assert settle(world) == {Outcome.NOTHING_NEW: 1}
    world.wallet.says(payment.reference, P.REFUNDED, PRICE)

    for _ in range(3):
        store(world, payment.reference)

    assert settle(world) == {Outcome.MOVED: 1}
    assert payment.state is P.REFUNDED
    assert (rows(world)[0].deliveries, rows(world)[0].tries) == (4, 1)


def test_a_callback_that_led_to_something_is_only_counted_when_it_comes_again(
    world: World,
) -> None:
    payment = world.ask()
    world.wallet.says(payment.reference, P.SETTLED, PRICE)
    store(world, payment.reference)
    settle(world)

    store(world, payment.reference)

    assert settle(world) == {}
    assert (rows(world)[0].deliveries, rows(world)[0].outcome) == (2, Outcome.MOVED)


def test_a_batch_takes_no_more_than_its_limit(world: World) -> None:
    for number in range(5):
        store(world, f"AG-{number}")
    world.session.commit()

    done = callbacks.process_waiting({"dictpay": world.wallet}, limit=2)

    assert done.total() == 2
