"""Requesting payments: what is allowed, and that one key creates one payment."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from agentsys.errors import Conflict, Invalid, NotFound, Refused
from agentsys.extension.contract import (
    ChannelUnavailable,
    Limits,
    PaymentReport,
    PaymentRequest,
    PaymentState,
)
from agentsys.messages import format_month
from agentsys.months import add_months
from agentsys.payments.ceiling import CashCeilingReached
from agentsys.payments.models import Payment
from agentsys.payments.requests import ask, cancel, recheck, start
from agentsys.people.models import AgentStatus
from tests.factories import make_agent
from tests.payments.provider import DictPay
from tests.payments.world import PRICE, World

P = PaymentState


def request(world: World, **changes: object) -> dict[str, object]:
    """A good request, with changes."""
    return {
        "key": "kunci-dari-ponsel",
        "channel": world.wallet,
        "worker_id": world.worker.id,
        "months": world.months[:2],
        "actor_id": world.agent.user_id,
        "agent_id": world.agent.id,
    } | changes


def test_a_payment_asks_for_the_price_that_was_billed(world: World) -> None:
    payment = ask(world.session, **request(world))

    assert payment.amount_idr == 2 * PRICE
    assert [item.month for item in payment.months] == world.months[:2]
    assert (payment.state, payment.clearing) == (P.CREATED, "dict")
    assert len(payment.reference) <= 50


def test_the_same_key_gives_the_same_payment(world: World) -> None:
    first = ask(world.session, **request(world))

    second = ask(world.session, **request(world, months=list(reversed(world.months[:2]))))

    assert second is first
    assert world.session.scalar(select(func.count(Payment.id))) == 1


def test_the_same_key_still_answers_after_the_months_were_paid(world: World) -> None:
    first = ask(world.session, **request(world))
    world.report(first, P.SETTLED)

    assert ask(world.session, **request(world)) is first


@pytest.mark.parametrize("changed", ["months", "agent_id", "channel"])
def test_the_same_key_with_another_request_is_refused(world: World, changed: str) -> None:
    other = {"months": world.months[:1], "agent_id": None, "channel": world.cash}
    ask(world.session, **request(world))

    with pytest.raises(Conflict):
        ask(world.session, **request(world, **{changed: other[changed]}))


def test_months_are_paid_oldest_first_without_a_gap(world: World) -> None:
    for chosen in ([world.months[1]], [world.months[0], world.months[2]]):
        with pytest.raises(Refused, match="paling lama"):
            ask(world.session, **request(world, months=chosen))


def test_a_month_that_was_paid_or_never_billed_cannot_be_asked_for(world: World) -> None:
    world.report(world.ask(1), P.SETTLED)

    for month in (world.months[0], add_months(world.months[-1], 1)):
        with pytest.raises(Conflict, match=f"Iuran {format_month(month)} sudah dibayar"):
            ask(world.session, **request(world, months=[month]))


@pytest.mark.parametrize(
    "changes", [{"months": []}, {"key": "short"}, {"key": "x" * 65}, {"key": "kunci\0kunci"}]
)
def test_a_request_that_makes_no_sense_is_refused(world: World, changes: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        ask(world.session, **request(world, **changes))


def test_an_agent_asks_only_own_workers(world: World) -> None:
    other = make_agent(world.session, office_id=world.agent.office_id)

    with pytest.raises(NotFound):
        ask(world.session, **request(world, agent_id=other.id))


def test_a_suspended_agent_collects_nothing(world: World) -> None:
    world.agent.status = AgentStatus.SUSPENDED

    with pytest.raises(Refused, match="tidak aktif"):
        ask(world.session, **request(world))


def test_a_worker_pays_by_link_without_an_agent_but_never_in_cash(world: World) -> None:
    payment = ask(world.session, **request(world, agent_id=None, actor_id=None))

    assert payment.agent_id == world.agent.id
    with pytest.raises(Invalid):
        ask(world.session, **request(world, key="kunci-lain", agent_id=None, channel=world.cash))


def test_a_channel_takes_no_more_than_its_limit(world: World) -> None:
    world.wallet.limits = Limits(max_idr=2 * PRICE - 1)  # type: ignore[misc]

    with pytest.raises(Refused, match=r"Rp33\.599"):
        ask(world.session, **request(world))


def test_over_the_ceiling_no_cash_is_collected_but_the_wallet_still_is(world: World) -> None:
    world.agent.cash_ceiling_idr = 2 * PRICE - 1
    world.session.flush()
    world.collect(world.months[:1])

    with pytest.raises(CashCeilingReached, match="Setor dulu"):
        world.collect(world.months[1:2])

    rest = world.months[1:2]
    assert ask(world.session, **request(world, months=rest)).amount_idr == PRICE


def test_starting_asks_the_provider_after_the_payment_was_committed(world: World) -> None:
    payment = ask(world.session, **request(world))
    world.session.commit()
    seen: list[bool] = []
    world.wallet.before_answer = lambda _: seen.append(world.session.in_transaction())

    started = start(world.wallet, payment.reference, by="start")

    assert (started.state, started.pay_url) == (
        P.PENDING,
        f"https://pay.example/{payment.reference}",
    )
    assert seen == [False]


def test_starting_twice_asks_for_the_money_once(world: World) -> None:
    payment = ask(world.session, **request(world))
    world.session.commit()

    start(world.wallet, payment.reference, by="start")
    again = start(world.wallet, payment.reference, by="start")

    assert again.state is P.PENDING
    assert len(world.wallet.accounts) == 1


class ChargesAgain(DictPay):
    """A provider that accepts an expired order again, as Midtrans does."""

    def start(self, request: PaymentRequest) -> PaymentReport:
        """Start the payment, whatever happened before."""
        self.accounts.pop(request.reference, None)
        return super().start(request)


def test_starting_again_what_is_over_at_the_provider_does_not_charge_it_again(
    world: World,
) -> None:
    world.wallet = ChargesAgain()
    payment = ask(world.session, **request(world))
    world.session.commit()
    start(world.wallet, payment.reference, by="start")
    world.wallet.says(payment.reference, P.EXPIRED, payment.amount_idr)

    again = start(world.wallet, payment.reference, by="start")

    assert again.state is P.EXPIRED
    assert world.wallet.accounts[payment.reference].state is P.EXPIRED


def test_starting_again_gets_the_way_to_pay_that_an_answer_was_lost_with(world: World) -> None:
    payment = ask(world.session, **request(world))
    world.wallet.says(payment.reference, P.PENDING, payment.amount_idr)
    world.report(payment, P.PENDING)
    world.session.commit()
    world.wallet.before_answer = lambda reference: (
        world.wallet.says(reference, P.PENDING, payment.amount_idr, pay_url="https://pay.example")
        if world.wallet.asked[reference] > 1
        else None
    )

    assert start(world.wallet, payment.reference, by="start").pay_url == "https://pay.example"


def test_a_silent_provider_changes_nothing_and_is_asked_again(
    world: World,
) -> None:
    payment = ask(world.session, **request(world))
    world.session.commit()
    world.wallet.down = True

    with pytest.raises(ChannelUnavailable):
        start(world.wallet, payment.reference, by="start")

    assert payment.state is P.CREATED
    assert payment.next_check_at is not None


def test_a_report_about_another_payment_is_a_bug_and_moves_nothing(world: World) -> None:
    mine, other = ask(world.session, **request(world)), world.ask(1)
    world.session.commit()
    world.wallet.says(other.reference, P.SETTLED, other.amount_idr)
    world.wallet.accounts[mine.reference] = world.wallet.accounts[other.reference]

    with pytest.raises(ValueError, match="told about"):
        start(world.wallet, mine.reference, by="start")

    assert (mine.state, other.state) == (P.CREATED, P.CREATED)


def test_cash_that_was_sent_again_long_after_it_expired_is_booked(world: World) -> None:
    payment = ask(world.session, **request(world, channel=world.cash))
    world.report(payment, P.EXPIRED)
    world.session.commit()

    assert start(world.cash, payment.reference, by="user:1").state is P.SETTLED


def test_cancelling_books_the_money_that_came_anyway(world: World) -> None:
    payment = ask(world.session, **request(world))
    world.session.commit()
    start(world.wallet, payment.reference, by="start")
    world.wallet.says(payment.reference, P.SETTLED, payment.amount_idr)

    cancelled = cancel(world.wallet, payment.reference, by="user:1")

    assert cancelled.state is P.SETTLED


def test_a_person_can_have_the_provider_asked_even_about_a_payment_that_was_given_up(
    world: World,
) -> None:
    payment = ask(world.session, **request(world))
    world.report(payment, P.EXPIRED)
    world.session.commit()
    world.wallet.says(payment.reference, P.SETTLED, payment.amount_idr)

    assert recheck(world.wallet, payment.reference, by="user:1").state is P.SETTLED


def test_a_payment_cannot_be_started_through_another_channel(world: World) -> None:
    payment = ask(world.session, **request(world))
    world.session.commit()

    class OtherPay(DictPay):
        name = "otherpay"

    with pytest.raises(NotFound):
        start(OtherPay(), payment.reference, by="start")
