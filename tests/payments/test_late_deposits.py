"""Money for a deposit that was withdrawn, of another sum, or taken back by the bank."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from agentsys.errors import Refused
from agentsys.extension.contract import PaymentState
from agentsys.ledger import invariants, journal
from agentsys.payments import refunds
from agentsys.payments.case_closing import close_case
from agentsys.payments.custody import to_hand_over
from agentsys.payments.deposit_models import Deposit, DepositState
from agentsys.payments.models import Case, CaseKind, Outcome, Resolution
from agentsys.payments.unexplained_models import Unexplained
from agentsys.people.models import RoleName
from agentsys.transfers.repayments import TransferAction, decide_transfer, propose_return
from agentsys.transfers.unexplained import explain
from tests.factories import make_user
from tests.payments.deposits import Depositing
from tests.payments.world import PRICE, World

P = PaymentState


@pytest.fixture
def paying(world: World) -> Depositing:
    """The world's agent, at a channel that takes deposits."""
    return Depositing(world)


def held_at(paying: Depositing) -> dict[str, int]:
    """The balances that are not at zero, by the first part of their names."""
    assert invariants.check(paying.session) == []
    found = journal.balances(paying.session)
    return {name.split(":")[0]: amount for name, amount in found.items() if amount}


def expired(paying: Depositing, months: int = 2) -> Deposit:
    """A deposit that was not paid in time."""
    paying.collect(months)
    deposit = paying.declare()
    paying.report(deposit, P.EXPIRED)
    return deposit


def the_case(paying: Depositing) -> Case:
    """The only open case."""
    return paying.session.scalars(select(Case).where(Case.closed_at.is_(None))).one()


def close(paying: Depositing, resolution: Resolution) -> None:
    """Finance decides about the only open case."""
    close_case(
        paying.session,
        case_id=the_case(paying).id,
        actor_id=paying.world.finance.id,
        note="Agen sudah dihubungi.",
        resolution=resolution,
    )


@pytest.mark.parametrize("state", [P.EXPIRED, P.FAILED])
def test_late_money_takes_the_cash_that_is_still_in_hand(
    paying: Depositing, state: PaymentState
) -> None:
    cash = paying.collect(2)
    deposit = paying.declare()
    paying.report(deposit, state)
    newer = paying.collect(1)

    outcome = paying.report(deposit, P.SETTLED)

    assert outcome is Outcome.MOVED
    assert deposit.state is DepositState.CONFIRMED
    assert (cash.deposit_id, newer.deposit_id) == (deposit.id, None)
    assert held_at(paying) == {"clearing": 2 * PRICE, "cash": PRICE, "owed": -3 * PRICE}
    assert paying.session.scalars(select(Case)).all() == []


def test_late_money_for_cash_that_went_another_way_waits_for_finance(paying: Depositing) -> None:
    deposit = expired(paying)
    paying.world.confirm(paying.world.declare(2 * PRICE))

    outcome = paying.report(deposit, P.SETTLED)
    again = paying.report(deposit, P.SETTLED)

    assert (outcome, again) == (Outcome.TO_CHECK, Outcome.NOTHING_NEW)
    assert the_case(paying).kind is CaseKind.NO_CASH
    assert deposit.state is DepositState.WITHDRAWN
    assert held_at(paying) == {
        "bank": 2 * PRICE,
        "clearing": 2 * PRICE,
        "suspense": -2 * PRICE,
        "owed": -2 * PRICE,
    }


def test_late_money_that_is_more_than_the_cash_waits_for_finance(paying: Depositing) -> None:
    deposit = expired(paying)
    paying.world.confirm(paying.world.declare(2 * PRICE))
    paying.collect(1)

    paying.report(deposit, P.SETTLED)

    assert the_case(paying).kind is CaseKind.NO_CASH
    assert to_hand_over(paying.session, paying.agent.id) == (1, PRICE)


def test_finance_returns_such_money_by_a_transfer_of_two(paying: Depositing) -> None:
    deposit = expired(paying)
    paying.world.confirm(paying.world.declare(2 * PRICE))
    paying.report(deposit, P.SETTLED)

    close(paying, Resolution.TO_WORKER)

    waiting = paying.session.scalars(select(Unexplained)).one()
    assert (waiting.amount_idr, waiting.payment_id) == (2 * PRICE, paying.payment_of(deposit).id)
    assert paying.payment_of(deposit).state is P.FAILED
    assert held_at(paying)["suspense"] == -2 * PRICE
    with pytest.raises(Refused, match="milik agen"):
        explain(
            paying.session,
            unexplained_id=waiting.id,
            note="Salah",
            actor_id=paying.world.finance.id,
        )
    proposed = propose_return(
        paying.session,
        unexplained_id=waiting.id,
        bank_ref="TRF-1",
        note="Kembali ke agen",
        actor_id=paying.world.finance.id,
    )
    second = make_user(paying.session, RoleName.FINANCE, office_id=paying.agent.office_id)
    decide_transfer(
        paying.session, transfer_id=proposed.id, action=TransferAction.BOOK, actor_id=second.id
    )
    assert held_at(paying) == {"clearing": 2 * PRICE, "owed": -2 * PRICE}


def test_a_report_that_repeats_a_decided_sum_opens_no_new_case(paying: Depositing) -> None:
    deposit = expired(paying)
    paying.world.confirm(paying.world.declare(2 * PRICE))
    paying.report(deposit, P.SETTLED)
    close(paying, Resolution.TO_WORKER)

    assert paying.report(deposit, P.SETTLED) is Outcome.NOTHING_NEW


def test_finance_accepts_it_once_the_agent_holds_as_much_again(paying: Depositing) -> None:
    deposit = expired(paying)
    paying.world.confirm(paying.world.declare(2 * PRICE))
    paying.report(deposit, P.SETTLED)
    with pytest.raises(Refused, match="tidak sama dengan"):
        close(paying, Resolution.ACCEPT)
    paying.collect(2)

    close(paying, Resolution.ACCEPT)

    assert deposit.state is DepositState.CONFIRMED
    assert held_at(paying) == {"bank": 2 * PRICE, "clearing": 2 * PRICE, "owed": -4 * PRICE}


def test_such_money_that_went_back_leaves_nothing(paying: Depositing) -> None:
    deposit = expired(paying)
    paying.world.confirm(paying.world.declare(2 * PRICE))
    paying.report(deposit, P.SETTLED)

    paying.report(deposit, P.REFUNDED)

    assert held_at(paying) == {"bank": 2 * PRICE, "owed": -2 * PRICE}
    assert paying.payment_of(deposit).state is P.FAILED


def test_another_sum_is_set_aside_and_the_deposit_waits(paying: Depositing) -> None:
    paying.collect(2)
    deposit = paying.declare()

    paying.report(deposit, P.SETTLED, 3 * PRICE)

    assert the_case(paying).kind is CaseKind.OTHER_AMOUNT
    assert deposit.state is DepositState.DECLARED
    assert held_at(paying) == {
        "cash": 2 * PRICE,
        "clearing": 3 * PRICE,
        "suspense": -3 * PRICE,
        "owed": -2 * PRICE,
    }


def test_more_than_the_sum_is_accepted_and_the_rest_is_the_agents(paying: Depositing) -> None:
    paying.collect(2)
    deposit = paying.declare()
    paying.report(deposit, P.SETTLED, 3 * PRICE)

    close(paying, Resolution.ACCEPT)

    assert deposit.state is DepositState.CONFIRMED
    assert paying.session.scalars(select(Unexplained)).one().amount_idr == PRICE
    assert held_at(paying) == {"clearing": 3 * PRICE, "suspense": -PRICE, "owed": -2 * PRICE}


def test_less_than_the_sum_goes_back_and_the_cash_is_in_hand_again(paying: Depositing) -> None:
    paying.collect(2)
    deposit = paying.declare()
    paying.report(deposit, P.SETTLED, PRICE)
    with pytest.raises(Refused, match="kurang dari tagihan"):
        close(paying, Resolution.ACCEPT)

    close(paying, Resolution.TO_WORKER)

    assert deposit.state is DepositState.WITHDRAWN
    assert to_hand_over(paying.session, paying.agent.id)[1] == 2 * PRICE
    assert held_at(paying)["suspense"] == -PRICE


def test_a_second_payment_of_the_same_order_is_a_case_and_the_agents_money(
    paying: Depositing,
) -> None:
    paying.collect(1)
    deposit = paying.declare()
    paying.report(deposit, P.SETTLED, provider_ref="T-1")

    outcome = paying.report(deposit, P.SETTLED, provider_ref="T-2")

    assert outcome is Outcome.TO_CHECK
    assert the_case(paying).kind is CaseKind.PAID_AGAIN
    close(paying, Resolution.FOLLOW)
    assert held_at(paying) == {"clearing": 2 * PRICE, "suspense": -PRICE, "owed": -PRICE}


def test_money_that_the_bank_took_back_is_in_the_agents_hands_again(paying: Depositing) -> None:
    cash = paying.collect(1)
    deposit = paying.declare()
    paying.report(deposit, P.SETTLED)
    assert paying.report(deposit, P.FAILED) is Outcome.TO_CHECK
    assert the_case(paying).kind is CaseKind.REVERSED

    close(paying, Resolution.TAKEN_BACK)

    assert (deposit.state, cash.deposit_id) == (DepositState.RETURNED, None)
    assert held_at(paying) == {"cash": PRICE, "owed": -PRICE}


def test_a_refund_is_not_proposed_for_a_deposit(paying: Depositing) -> None:
    paying.collect(1)
    deposit = paying.declare()
    paying.report(deposit, P.SETTLED)

    offer = refunds.offer(
        paying.session, payment_id=paying.payment_of(deposit).id, channel=paying.channel
    )

    assert offer.why_not is not None
    assert "Setoran agen" in offer.why_not.message.text
