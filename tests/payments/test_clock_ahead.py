"""Times that a clock wrote which ran a year ahead keep nothing from being asked."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from agentsys import clock
from agentsys.extension.contract import PaymentState
from agentsys.payments import circuit, provider_queue
from agentsys.payments.provider_models import ChannelHealth, ChannelState, ProviderRequest
from tests.payments.asking import ask
from tests.payments.world import World

YEAR = timedelta(days=365)


@pytest.mark.parametrize("column", ["next_try_at", "claimed_until"])
def test_a_charge_that_was_put_off_for_a_year_is_made_now(world: World, column: str) -> None:
    payment = world.ask()
    world.session.execute(update(ProviderRequest).values({column: clock.now() + YEAR}))
    world.session.commit()

    assert ask(world) == 1

    world.session.expire_all()
    assert payment.state is PaymentState.PENDING


def test_claims_of_next_year_do_not_fill_a_channel(world: World) -> None:
    for _ in range(provider_queue.MOST_AT_ONCE):
        world.ask_for_another()
        assert provider_queue.claim(world.session) is not None
    world.session.execute(update(ProviderRequest).values(claimed_until=clock.now() + YEAR))

    world.ask()

    assert provider_queue.claim(world.session) is not None


@pytest.mark.parametrize("by_start", [False, True])
def test_a_channel_that_pauses_for_a_year_is_tried_now(world: World, by_start: bool) -> None:
    world.session.add(
        ChannelState(
            channel="dictpay",
            health=ChannelHealth.STOPPED if by_start else ChannelHealth.AWAY,
            by_start=by_start,
            failures=5,
            pauses=1,
            since=clock.now(),
            retry_at=clock.now() + YEAR,
            reason="tidak menjawab",
        )
    )
    world.session.commit()

    circuit.probe({"dictpay": world.wallet})

    world.session.expire_all()
    assert circuit.not_started(world.session) == []
