"""One open payment for a worker's months, wherever it is asked for."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select, text

from agentsys import clock
from agentsys.errors import NotFound, Refused
from agentsys.extension.contract import PaymentChannel, PaymentReport, PaymentState
from agentsys.payments import links, open_payments, provider_calls
from agentsys.payments.models import Payment
from agentsys.payments.provider_models import Action, ProviderRequest
from tests.payments.provider import DictPay
from tests.payments.world import PRICE, World

P = PaymentState


class OtherPay(DictPay):
    """Another way to pay."""

    name = "otherpay"

    def cancel(self, reference: str) -> PaymentReport:
        """End it, unless it was paid."""
        if self.accounts[reference].state is P.PENDING:
            self.says(reference, P.EXPIRED, self.accounts[reference].amount_idr)
        return self.check(reference)


@pytest.fixture
def other() -> OtherPay:
    """A second channel."""
    return OtherPay()


def bill(
    world: World, months: int = 1, *, channel: PaymentChannel | None = None, by_link: bool = False
) -> Payment:
    """A payment as a page asks for it."""
    return open_payments.bill(
        world.session,
        key=secrets.token_hex(16),
        channel=channel or world.wallet,
        worker_id=world.worker.id,
        months=world.months[:months],
        actor_id=None if by_link else world.agent.user_id,
        agent_id=None if by_link else world.agent.id,
    )


def ask_all(world: World, *channels: PaymentChannel) -> None:
    """Do what the jobs do."""
    world.session.commit()
    while provider_calls.ask_next({c.name: c for c in (world.wallet, *channels)}):
        pass
    world.session.expire_all()


def cancelled(world: World) -> Sequence[int]:
    return world.session.scalars(
        select(ProviderRequest.payment_id).where(ProviderRequest.action == Action.CANCEL)
    ).all()


def test_the_same_bill_from_another_page_is_the_open_one(world: World) -> None:
    first = bill(world)

    assert bill(world) is first
    assert bill(world, by_link=True) is first


def test_a_bill_of_other_months_or_by_another_way_withdraws_the_open_one(
    world: World, other: OtherPay
) -> None:
    first = bill(world, channel=other)
    ask_all(world, other)
    second = bill(world, 2, channel=other)
    ask_all(world, other)
    third = bill(world, 2)
    ask_all(world, other)

    assert [p.state for p in (first, second, third)] == [P.EXPIRED, P.EXPIRED, P.PENDING]


def test_a_bill_that_ends_soon_is_replaced(world: World) -> None:
    first = bill(world)
    ask_all(world)
    first.expires_at = clock.now() + timedelta(minutes=1)

    assert bill(world) is not first


def test_a_bill_that_is_being_cancelled_is_not_shown_again(world: World) -> None:
    first = bill(world)
    ask_all(world)
    open_payments.withdraw(world.session, first.reference, by="user:1")

    assert bill(world) is not first


def test_settling_withdraws_the_other_open_payments_for_the_same_months(
    world: World, other: OtherPay
) -> None:
    paid, sibling = world.ask(2), world.ask(1, channel=other)
    ask_all(world, other)

    world.report(paid, P.SETTLED)

    assert cancelled(world) == [sibling.id]
    ask_all(world, other)
    assert sibling.state is P.EXPIRED
    assert other.accounts[sibling.reference].state is P.EXPIRED


def test_cash_withdraws_a_code_that_was_shown_before(world: World, other: OtherPay) -> None:
    shown = bill(world, channel=other)
    ask_all(world, other)

    world.collect(world.months[:1])
    ask_all(world, other)

    assert shown.state is P.EXPIRED


def test_a_sibling_that_was_paid_before_it_could_be_withdrawn_is_booked(
    world: World, other: OtherPay
) -> None:
    paid, sibling = world.ask(), world.ask(channel=other)
    ask_all(world, other)
    world.report(paid, P.SETTLED)
    other.says(sibling.reference, P.SETTLED, PRICE)

    ask_all(world, other)

    assert sibling.state is P.SETTLED


def test_payments_for_other_months_are_left_alone(world: World) -> None:
    world.collect(world.months[:1])
    later = open_payments.bill(
        world.session,
        key=secrets.token_hex(16),
        channel=world.wallet,
        worker_id=world.worker.id,
        months=world.months[1:2],
        actor_id=world.agent.user_id,
        agent_id=world.agent.id,
    )
    world.session.execute(
        text("UPDATE payment_months SET month = month WHERE payment_id = :id"), {"id": later.id}
    )

    assert cancelled(world) == []


def test_a_pay_link_makes_only_so_many_payments_in_an_hour(world: World, other: OtherPay) -> None:
    for number in range(open_payments.MOST_BY_LINK):
        open_payments.check_link_limit(world.session, worker_id=world.worker.id)
        bill(world, channel=(world.wallet, other)[number % 2], by_link=True)

    with pytest.raises(Refused, match="Terlalu banyak tagihan"):
        open_payments.check_link_limit(world.session, worker_id=world.worker.id)
    with time_machine.travel(clock.now() + timedelta(hours=1, minutes=1)):
        open_payments.check_link_limit(world.session, worker_id=world.worker.id)


def test_a_pay_link_that_was_withdrawn_opens_nothing_and_a_new_one_does(world: World) -> None:
    old = links.make_link(world.session, worker_id=world.worker.id, actor_id=world.agent.user_id)
    assert world.agent.user_id is not None

    withdrawn = links.withdraw_links(
        world.session, worker_id=world.worker.id, actor_id=world.agent.user_id
    )

    assert withdrawn == 1
    with pytest.raises(NotFound):
        links.find_link(world.session, old.token)
    new = links.make_link(world.session, worker_id=world.worker.id, actor_id=world.agent.user_id)
    assert links.find_link(world.session, new.token) == new


def test_a_check_of_settled_money_is_asked_though_its_start_was_never_answered(
    world: World,
) -> None:
    payment = world.ask()
    world.report(payment, P.SETTLED)
    world.wallet.says(payment.reference, P.REFUNDED, PRICE)

    open_payments.check(world.session, payment.reference, by="user:1")
    ask_all(world)

    assert payment.state is P.REFUNDED
