"""Callbacks about orders of other systems that use the same account."""

from __future__ import annotations

from sqlalchemy import select

from agentsys.extension.contract import PaymentState
from agentsys.payments import callback_store, callbacks, foreign_callbacks
from agentsys.payments.models import Case, Outcome
from tests.payments.provider import callback_for
from tests.payments.world import PRICE, World

P = PaymentState


def test_callbacks_about_orders_of_another_system_are_counted_and_open_no_case(
    world: World,
) -> None:
    for number in range(3):
        reference = f"TOKO-{number}"
        world.wallet.says(reference, P.SETTLED, PRICE)
        callback_store.store(
            world.session,
            channel="dictpay",
            callback=callback_for(reference),
            reference=reference,
        )
    world.session.commit()

    outcomes = callbacks.process_waiting({"dictpay": world.wallet})

    assert outcomes == {Outcome.FOREIGN: 3}
    assert foreign_callbacks.count(world.session) == 3
    assert world.session.scalars(select(Case)).all() == []
    assert world.wallet.asked == {}
