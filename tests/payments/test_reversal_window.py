"""Money that a provider may take back is asked about once more before it goes to BPJS."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from agentsys import clock
from agentsys.errors import Refused
from agentsys.extension.contract import PaymentState
from agentsys.payments.models import Case, CaseKind, Outcome, Payment
from agentsys.payments.sweep import recheck_silent
from agentsys.remittances.batches import make_batch
from tests.payments.provider import DictPay
from tests.payments.world import PRICE, World

P = PaymentState
WINDOW = timedelta(minutes=10)


class Revocable(DictPay):
    """A bank that takes payments back within minutes."""

    reversal_window = WINDOW


@pytest.fixture
def paid(world: World) -> Payment:
    """A payment of which the bank said that it was paid."""
    world.wallet = Revocable()
    payment = world.ask()
    world.wallet.says(payment.reference, P.SETTLED, PRICE)
    world.report(payment, P.SETTLED)
    world.session.commit()
    return payment


def ask_again(world: World, after: timedelta) -> dict[Outcome | None, int]:
    """What the sweep finds so long after now."""
    with time_machine.travel(clock.now() + after):
        found = dict(recheck_silent({"dictpay": world.wallet}))
    world.session.expire_all()
    return found


def batch(world: World, after: timedelta) -> int:
    """The rupiah that finance can send so long after now."""
    with time_machine.travel(clock.now() + after):
        made = make_batch(world.session, office_id=world.agent.office_id, actor_id=world.finance.id)
    return made.amount_idr


def test_a_reversal_whose_notice_was_lost_is_found_before_money_goes_to_bpjs(
    world: World, paid: Payment
) -> None:
    world.wallet.says(paid.reference, P.FAILED, PRICE)
    with pytest.raises(Refused):
        batch(world, after=2 * WINDOW)

    assert ask_again(world, after=2 * WINDOW) == {Outcome.TO_CHECK: 1}

    assert world.session.scalars(select(Case.kind)).all() == [CaseKind.REVERSED]
    with pytest.raises(Refused):
        batch(world, after=timedelta(days=2))


def test_money_that_stayed_is_asked_about_once_and_goes_to_bpjs(
    world: World, paid: Payment
) -> None:
    assert ask_again(world, after=WINDOW - timedelta(seconds=10)) == {}

    assert ask_again(world, after=2 * WINDOW) == {Outcome.NOTHING_NEW: 1}

    assert paid.next_check_at is None
    assert batch(world, after=2 * WINDOW) == PRICE


@pytest.mark.parametrize("silent", ["down", "forgotten"])
def test_a_provider_that_does_not_say_is_asked_again_and_holds_nothing_for_ever(
    world: World, paid: Payment, silent: str
) -> None:
    world.wallet.down = silent == "down"
    if silent == "forgotten":
        del world.wallet.accounts[paid.reference]

    ask_again(world, after=2 * WINDOW)

    assert paid.next_check_at is not None
    with pytest.raises(Refused):
        batch(world, after=2 * WINDOW)
    assert batch(world, after=timedelta(days=1, minutes=20)) == PRICE


def test_a_payment_that_its_bank_has_forgotten_since_is_a_case(world: World, paid: Payment) -> None:
    del world.wallet.accounts[paid.reference]
    ask_again(world, after=2 * WINDOW)

    ask_again(world, after=timedelta(days=2))

    assert world.session.scalars(select(Case.kind)).all() == [CaseKind.REVERSED]
