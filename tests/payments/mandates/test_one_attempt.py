"""A month has one live attempt to pay it, whichever way it is paid."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from agentsys.contributions.models import Contribution
from agentsys.errors import Invalid
from agentsys.extension.contract import PaymentState
from agentsys.ledger.accounts import owed_to_worker
from agentsys.ledger.journal import balance
from agentsys.payments import open_payments
from agentsys.payments.debit_models import DebitState, NoticeState
from agentsys.payments.lifecycle import apply_report
from agentsys.payments.live_attempts import DebitUnderWay
from agentsys.payments.mandates import notices
from agentsys.payments.models import Case, CaseKind, Payment, PaymentMonth
from tests.payments.mandates.auto import AutoDebit, agreed
from tests.payments.races import settled
from tests.payments.world import PRICE

D = DebitState


def owed_idr(auto: AutoDebit) -> int:
    return -balance(auto.world.session, owed_to_worker(auto.world.worker.id))


def bill(auto: AutoDebit) -> Payment:
    """The worker asks for a QR of all open months."""
    return open_payments.bill(
        auto.world.session,
        key="bill-of-all-months",
        channel=auto.world.wallet,
        worker_id=auto.world.worker.id,
        months=auto.world.months,
        actor_id=None,
        agent_id=None,
    )


def in_flight(auto: AutoDebit) -> Payment:
    """The debit was called, and its answer was lost."""
    agreed(auto)
    auto.account.loses_answers = True
    auto.until(date(2026, 11, 9))
    auto.now.shift(timedelta(days=1))
    auto.make()
    assert auto.debit.state is D.CALLING
    return auto.world.session.get_one(Payment, auto.debit.payment_id)


def test_open_pay_page_and_auto_debit_take_the_money_once(auto: AutoDebit) -> None:
    agreed(auto)
    opened = bill(auto)
    auto.until(date(2026, 11, 10))
    assert auto.channel.calls == []
    assert auto.debit.why == "money_in_flight"

    apply_report(auto.world.session, report=settled(opened.reference, 3 * PRICE), by="callback")

    auto.until(date(2026, 11, 27))
    assert auto.channel.calls == []
    assert auto.debit.state is D.WITHDRAWN
    assert owed_idr(auto) == 0


def test_a_page_that_is_paid_late_after_the_debit_is_owed_to_the_worker(auto: AutoDebit) -> None:
    agreed(auto)
    opened = bill(auto)
    open_payments.withdraw(auto.world.session, opened.reference, by="payer")
    auto.until(date(2026, 11, 10))
    assert auto.debit.state is D.COLLECTED

    apply_report(auto.world.session, report=settled(opened.reference, 3 * PRICE), by="callback")

    assert owed_idr(auto) == 3 * PRICE
    kinds = set(auto.world.session.scalars(select(Case.kind)))
    assert CaseKind.PAID_TWICE in kinds
    paid_by = set(auto.world.session.scalars(select(Contribution.payment_id)))
    assert paid_by == {auto.debit.payment_id}


def test_a_debit_that_settles_days_late_is_owed_to_the_worker_who_paid_cash(
    auto: AutoDebit,
) -> None:
    in_flight(auto)
    order = auto.channel.orders.pop(auto.channel.calls[0])  # the provider does not know it yet
    auto.now.shift(timedelta(hours=2))
    auto.look()
    assert auto.debit.state is D.ANNOUNCED  # for another day, after an hour of asking
    auto.world.collect(auto.world.months)

    apply_report(auto.world.session, report=order, by="callback")

    assert owed_idr(auto) == 3 * PRICE
    auto.until(date(2026, 11, 27))
    assert len(auto.channel.calls) == 1


@pytest.mark.parametrize("way", ["cash", "bill"])
def test_while_a_debit_is_in_flight_nothing_else_is_taken(auto: AutoDebit, way: str) -> None:
    in_flight(auto)
    take = {"cash": lambda: auto.world.collect(auto.world.months), "bill": lambda: bill(auto)}

    with pytest.raises(DebitUnderWay, match="sedang diproses"):
        take[way]()


def test_a_debit_that_was_refused_leaves_the_months_to_others(auto: AutoDebit) -> None:
    agreed(auto)
    auto.account.balance_idr = 0
    auto.until(date(2026, 11, 10))
    assert len(auto.channel.calls) == 1

    auto.world.collect(auto.world.months)

    assert auto.debit.state is D.WITHDRAWN
    assert auto.debit.look_at is None


def test_cash_withdraws_an_announced_debit_at_once_with_its_notice(auto: AutoDebit) -> None:
    agreed(auto)
    announced = notices.current(auto.world.session, debit_id=auto.debit.id)
    assert announced is not None

    auto.world.collect(auto.world.months)

    auto.world.session.expire_all()
    assert auto.debit.state is D.WITHDRAWN
    assert announced.state is NoticeState.REPLACED


def test_cash_for_some_of_the_months_leaves_a_debit_of_the_rest_with_a_new_notice(
    auto: AutoDebit,
) -> None:
    agreed(auto)
    auto.world.collect(auto.world.months[:1])
    auto.until(date(2026, 11, 12))
    assert auto.channel.calls == []
    assert auto.debit.amount_idr == 2 * PRICE

    auto.open_notice()
    auto.until(date(2026, 11, 16))

    assert auto.debit.state is D.COLLECTED
    assert auto.paid() == 3
    assert owed_idr(auto) == 0


def test_the_database_refuses_a_second_live_attempt(auto: AutoDebit) -> None:
    first = auto.world.ask(2)

    second = auto.world.ask(3)

    live = auto.world.session.scalars(
        select(PaymentMonth.payment_id).where(PaymentMonth.live).order_by(PaymentMonth.month)
    ).all()
    assert live == [second.id] * 3
    assert first.state is PaymentState.CREATED


def test_a_debit_is_never_started_again_by_asking(auto: AutoDebit) -> None:
    payment = in_flight(auto)
    auto.channel.orders.clear()

    open_payments.ask_provider(auto.world.session, payment.reference, by="user:1")
    auto.world.session.commit()
    auto.ask_about_payments()
    auto.now.shift(timedelta(minutes=10))
    auto.look()  # the sweep, which starts lost bills again
    auto.ask_about_payments()

    assert len(auto.channel.calls) == 1


def test_a_debit_is_no_way_to_pay_a_bill(auto: AutoDebit) -> None:
    with pytest.raises(Invalid):
        auto.world.ask(channel=auto.channel)
