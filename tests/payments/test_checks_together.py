"""Checks of one channel that are due are asked at once, and each of them survives a kill."""

from __future__ import annotations

import pytest
import time_machine
from sqlalchemy import select, text

from agentsys import clock
from agentsys.extension.contract import ChannelUnavailable, PaymentReport, PaymentState
from agentsys.payments import provider_calls, provider_queue
from agentsys.payments.models import Payment, PaymentMove
from agentsys.payments.provider_models import Action, ProviderRequest
from tests.payments.asking import ask
from tests.payments.provider import DictPay
from tests.payments.world import PRICE, World

P = PaymentState


def to_check(world: World, count: int) -> list[Payment]:
    """Payments that are paid at the provider, about which it is to be asked."""
    payments = [world.ask_for_another() for _ in range(count)]
    for payment in payments:
        world.wallet.says(payment.reference, P.SETTLED, PRICE)
    world.session.execute(text("UPDATE provider_requests SET action = 'check'"))
    world.session.commit()
    return payments


def states(world: World, payments: list[Payment]) -> list[P]:
    """How the payments stand."""
    world.session.expire_all()
    return [payment.state for payment in payments]


def test_as_many_checks_are_asked_together_as_the_channel_takes(world: World) -> None:
    payments = to_check(world, provider_queue.MOST_AT_ONCE + 2)

    assert ask(world) == 2

    assert set(states(world, payments)) == {P.SETTLED}
    assert world.session.scalars(select(ProviderRequest.payment_id)).all() == []


def test_checks_together_leave_the_channels_other_places_to_others(world: World) -> None:
    to_check(world, 2 * provider_queue.MOST_AT_ONCE)
    claimed = provider_queue.claim(world.session)
    assert claimed is not None
    first = provider_queue.claim(world.session)
    assert first is not None

    alike = provider_queue.claim_alike(world.session, first)

    assert len(alike) == provider_queue.MOST_AT_ONCE - 2
    assert provider_queue.claim(world.session) is None


def test_a_payment_is_never_started_together_with_checks(world: World) -> None:
    checked = to_check(world, 2)
    started = world.ask_for_another()
    world.session.commit()
    question = provider_queue.claim(world.session)
    assert question is not None

    alike = provider_queue.claim_alike(world.session, question)

    assert {question.payment_id, *(each.payment_id for each in alike)} == {p.id for p in checked}
    start = provider_queue.claim(world.session)
    assert start is not None
    assert (start.payment_id, start.action) == (started.id, Action.START)
    assert provider_queue.claim_alike(world.session, start) == []


def test_one_without_an_answer_is_asked_again_and_the_others_are_done(world: World) -> None:
    class Drops(DictPay):
        lost = ""

        def check(self, reference: str) -> PaymentReport:
            if reference == self.lost:
                raise ChannelUnavailable("hilang")
            return super().check(reference)

    world.wallet = Drops()
    payments = to_check(world, 3)
    world.wallet.lost = payments[1].reference

    ask(world)

    assert states(world, payments) == [P.SETTLED, P.CREATED, P.SETTLED]
    (waits,) = world.session.scalars(select(ProviderRequest)).all()
    assert (waits.payment_id, waits.claimed_until, waits.note) == (payments[1].id, None, "hilang")


@pytest.mark.parametrize("point", ["ask_in_lots", "apply_reports"])
def test_checks_that_a_kill_interrupts_are_asked_again_and_settle_once(
    world: World, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    class Killed(BaseException):
        pass

    def die(*_: object, **__: object) -> None:
        raise Killed

    payments = to_check(world, 3)
    with time_machine.travel(clock.now(), tick=False) as now:
        with monkeypatch.context() as deadly:
            deadly.setattr(provider_calls, point, die)
            with pytest.raises(Killed):
                ask(world)
        world.session.rollback()
        assert ask(world) == 0

        now.shift(provider_queue.LEASE)
        ask(world)

    assert set(states(world, payments)) == {P.SETTLED}
    moves = world.session.scalars(select(PaymentMove.to_state)).all()
    assert moves.count(P.SETTLED) == len(payments)


def test_one_that_cannot_be_booked_is_put_off_and_the_others_stand(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    payments = to_check(world, 3)
    world.session.execute(
        text(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            f" IF NEW.payment_id = {payments[1].id} AND NEW.to_state = 'settled' THEN"
            " RAISE EXCEPTION 'no'; END IF; RETURN NEW; END $$"
        )
    )
    world.session.execute(
        text(
            "CREATE TRIGGER refuse BEFORE INSERT ON payment_moves"
            " FOR EACH ROW EXECUTE FUNCTION refuse()"
        )
    )

    ask(world)

    assert states(world, payments) == [P.SETTLED, P.CREATED, P.SETTLED]
    (waits,) = world.session.scalars(select(ProviderRequest)).all()
    assert waits.note.startswith("kesalahan kanal: ")
