"""Stored callbacks: each is stored once, and only the provider's own answer moves money."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text

from agentsys.errors import Conflict
from agentsys.extension.contract import Callback, PaymentState
from agentsys.ledger import journal
from agentsys.payments import callback_store, callbacks
from agentsys.payments.models import Case, CaseKind, Outcome, Payment
from tests.payments.stored_callbacks import process, rows, store
from tests.payments.world import PRICE, World

P = PaymentState


def test_a_callback_makes_us_ask_and_the_answer_moves_the_payment(world: World) -> None:
    payment = world.ask()
    world.wallet.says(payment.reference, P.SETTLED, PRICE)
    store(world, payment.reference)

    outcomes = process(world)

    assert outcomes == {Outcome.MOVED: 1}
    assert payment.state is P.SETTLED
    (row,) = rows(world)
    assert (row.outcome, row.next_try_at) == (Outcome.MOVED, None)


def test_a_callback_with_a_false_status_moves_nothing(world: World) -> None:
    payment = world.ask()
    world.wallet.says(payment.reference, P.PENDING, PRICE)
    store(world, payment.reference, extra=b'{"transaction_status": "settlement"}')

    process(world)

    assert payment.state is P.PENDING
    assert journal.balances(world.session) == {}


def test_fifty_deliveries_are_one_row_one_request_and_one_change(world: World) -> None:
    payment = world.ask()
    world.wallet.says(payment.reference, P.SETTLED, PRICE)
    ids = {store(world, payment.reference) for _ in range(50)}

    outcomes = process(world)

    assert len(ids) == 1
    assert rows(world)[0].deliveries == 50
    assert world.wallet.asked[payment.reference] == 1
    assert outcomes == {Outcome.MOVED: 1}


def test_different_callbacks_about_one_payment_are_one_question(world: World) -> None:
    payment = world.ask()
    world.wallet.says(payment.reference, P.SETTLED, PRICE)
    for number in range(4):
        store(world, payment.reference, extra=b"%d" % number)

    outcomes = process(world)

    assert world.wallet.asked[payment.reference] == 1
    assert outcomes == {Outcome.MOVED: 4}


def test_whatever_its_headers_say_a_callback_is_stored(world: World) -> None:
    headers = {"user-agent": "C:\\u0000", "content-type": "\0text"}
    callback = Callback(headers=headers, body=b"honest:AG-1")

    callback_store.store(world.session, channel="dictpay", callback=callback, reference="AG-1")

    assert rows(world)[0].headers == {"user-agent": "C:\\u0000", "content-type": "text"}


def test_storing_wakes_the_batch_once(world: World) -> None:
    for number in range(3):
        store(world, f"AG-{number}")

    waiting = world.session.scalar(
        text("SELECT count(*) FROM procrastinate_jobs WHERE queueing_lock = 'process_callbacks'")
    )
    assert waiting == 1


def test_a_callback_for_a_payment_that_we_never_started_opens_a_case(world: World) -> None:
    row_id = store(world, "AG261129-NEVERSTARTED0")

    outcomes = process(world)

    assert outcomes == {Outcome.UNKNOWN: 1}
    case = world.session.scalars(select(Case)).one()
    assert (case.kind, case.subject, case.callback_id) == (
        CaseKind.UNKNOWN_ORDER,
        "AG261129-NEVERSTARTED0",
        row_id,
    )


def test_a_person_can_have_a_callback_processed_again(world: World) -> None:
    payment = world.ask()
    row_id = store(world, payment.reference)
    process(world)
    world.wallet.says(payment.reference, P.SETTLED, PRICE)

    callbacks.replay(world.session, callback_id=row_id)
    with pytest.raises(Conflict):
        callbacks.replay(world.session, callback_id=row_id)

    assert process(world) == {Outcome.MOVED: 1}
    assert world.session.get(Payment, payment.id).state is P.SETTLED


def test_a_callback_that_found_nothing_new_is_processed_when_it_comes_again(
    world: World,
) -> None:
    payment = world.ask()
    world.report(payment, P.SETTLED)
    world.wallet.says(payment.reference, P.SETTLED, PRICE)
    store(world, payment.reference)
    assert process(world) == {Outcome.NOTHING_NEW: 1}
    world.wallet.says(payment.reference, P.REFUNDED, PRICE)

    for _ in range(3):
        store(world, payment.reference)

    assert process(world) == {Outcome.MOVED: 1}
    assert payment.state is P.REFUNDED
    assert (rows(world)[0].deliveries, rows(world)[0].tries) == (4, 1)


def test_a_callback_that_led_to_something_is_only_counted_when_it_comes_again(
    world: World,
) -> None:
    payment = world.ask()
    world.wallet.says(payment.reference, P.SETTLED, PRICE)
    store(world, payment.reference)
    process(world)

    store(world, payment.reference)

    assert process(world) == {}
    assert (rows(world)[0].deliveries, rows(world)[0].outcome) == (2, Outcome.MOVED)


def test_a_batch_takes_no_more_than_its_limit(world: World) -> None:
    for number in range(5):
        store(world, f"AG-{number}")
    world.session.commit()

    done = callbacks.process_waiting({"dictpay": world.wallet}, limit=2)

    assert done.total() == 2
