"""Money of unknown orders: booked with a reason, so that the payout can be recorded."""

from __future__ import annotations

import pytest

from agentsys.errors import Conflict, Forbidden, Invalid, Refused
from agentsys.extension.contract import PaymentState
from agentsys.ledger import accounts, journal
from agentsys.payments.gateway_payouts import record_payout
from agentsys.payments.unexplained_models import Outcome, Unexplained
from agentsys.people.models import RoleName
from agentsys.transfers.repayments import TransferAction, decide_transfer, propose_return
from agentsys.transfers.unexplained import book, explain
from tests.factories import make_user
from tests.payments.world import PRICE, World


def booked(world: World, amount_idr: int = 5_000) -> Unexplained:
    """Book money that no payment explains."""
    return book(
        world.session,
        provider="dict",
        amount_idr=amount_idr,
        reason="Pesanan LAIN-7, bukan dari sini",
        actor_id=world.finance.id,
        office_id=world.office_id,
    )


def pay_out(world: World, amount_idr: int) -> None:
    """Record a payout."""
    record_payout(
        world.session,
        provider="dict",
        bank_ref="MCM 1",
        amount_idr=amount_idr,
        fee_idr=0,
        actor_id=world.finance.id,
        office_id=world.office_id,
    )


def test_a_payout_with_money_of_unknown_orders_is_booked_once_the_difference_is(
    world: World,
) -> None:
    world.report(world.ask(), PaymentState.SETTLED)
    with pytest.raises(Refused, match="uang tak dikenal"):
        pay_out(world, PRICE + 5_000)

    booked(world)

    pay_out(world, PRICE + 5_000)
    assert journal.balance(world.session, accounts.bank(world.office_id)) == PRICE + 5_000
    assert journal.balance(world.session, accounts.clearing("dict", world.office_id)) == 0
    assert journal.balance(world.session, accounts.suspense(world.office_id)) == -5_000


def test_money_that_a_payment_explains_after_all_leaves_suspense(world: World) -> None:
    found = booked(world, PRICE)
    pay_out(world, PRICE)
    with pytest.raises(Refused, match="belum masuk buku"):
        explain(world.session, unexplained_id=found.id, note="AG-1", actor_id=world.finance.id)
    world.report(world.ask(), PaymentState.SETTLED)

    explain(world.session, unexplained_id=found.id, note="AG-1", actor_id=world.finance.id)

    assert found.outcome is Outcome.EXPLAINED
    assert journal.balance(world.session, accounts.suspense(world.office_id)) == 0
    assert journal.balance(world.session, accounts.clearing("dict", world.office_id)) == 0


def test_money_that_is_not_ours_goes_back_by_two_people(world: World) -> None:
    found = booked(world)
    pay_out(world, 5_000)
    second = make_user(world.session, RoleName.FINANCE, office_id=world.agent.office_id)

    transfer = propose_return(
        world.session,
        unexplained_id=found.id,
        bank_ref="FT-9",
        note="Toko sebelah",
        actor_id=world.finance.id,
    )
    with pytest.raises(Conflict):
        explain(world.session, unexplained_id=found.id, note="x", actor_id=world.finance.id)
    decide_transfer(
        world.session, transfer_id=transfer.id, action=TransferAction.BOOK, actor_id=second.id
    )

    assert found.outcome is Outcome.RETURNED
    assert not any(journal.balances(world.session).values())
    with pytest.raises(Conflict, match="sudah diselesaikan"):
        propose_return(
            world.session,
            unexplained_id=found.id,
            bank_ref="FT-10",
            note="lagi",
            actor_id=world.finance.id,
        )


def test_booking_needs_a_reason_a_sum_and_a_person_of_finance(world: World) -> None:
    supervisor = make_user(world.session, RoleName.SUPERVISOR, office_id=world.agent.office_id)

    for amount, reason, actor, kind in (
        (5_000, " ", world.finance.id, Invalid),
        (0, "Pesanan lain", world.finance.id, Invalid),
        (5_000, "Pesanan lain", supervisor.id, Forbidden),
    ):
        with pytest.raises(kind):
            book(
                world.session,
                provider="dict",
                amount_idr=amount,
                reason=reason,
                actor_id=actor,
                office_id=world.office_id,
            )
