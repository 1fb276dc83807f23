"""Cash of agents: nobody confirms their own deposit, and every rupiah is booked."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from agentsys import clock
from agentsys.audit.models import AuditEvent
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from agentsys.extension.contract import PaymentState
from agentsys.ledger import journal
from agentsys.payments.cash import (
    DEPOSIT_TRANSITIONS,
    DepositAction,
    OtherCount,
)
from agentsys.payments.custody import cash_exposure, to_hand_over
from agentsys.payments.deposit_models import DepositState
from agentsys.people.models import RoleName
from tests.factories import make_agent, make_office, make_user
from tests.payments.world import PRICE, World


def test_collecting_cash_settles_at_once_into_the_agents_hands(world: World) -> None:
    payment = world.collect(world.months[:2])

    assert payment.state is PaymentState.SETTLED
    assert payment.receipt is not None
    assert journal.balances(world.session) == {
        f"cash:agent:{world.agent.id}": 2 * PRICE,
        f"owed:bpjs:{world.office_id}": -2 * PRICE,
    }


def test_collecting_with_the_same_key_takes_the_money_once(world: World) -> None:
    first = world.collect(world.months[:1], key="dari-ponsel-luring")

    again = world.collect(world.months[:1], key="dari-ponsel-luring")

    assert again is first
    assert journal.balance(world.session, f"cash:agent:{world.agent.id}") == PRICE


def test_a_confirmed_deposit_moves_the_cash_to_the_bank(world: World) -> None:
    payment = world.collect(world.months[:2])
    deposit = world.declare(2 * PRICE)

    world.decide(deposit, DepositAction.CONFIRM, counted_idr=2 * PRICE)

    assert deposit.state is DepositState.CONFIRMED
    assert payment.deposit_id == deposit.id
    assert journal.balance(world.session, f"bank:collection:{world.office_id}") == 2 * PRICE
    assert journal.balance(world.session, f"cash:agent:{world.agent.id}") == 0
    assert to_hand_over(world.session, world.agent.id) == (0, 0)


def test_cash_that_was_asked_for_and_never_taken_is_in_no_deposit(world: World) -> None:
    asked = world.ask(2, channel=world.cash)
    world.collect(world.months[:1])

    deposit = world.declare(PRICE)

    assert deposit.amount_idr == PRICE
    assert asked.deposit_id is None
    assert cash_exposure(world.session, [world.agent.id])[world.agent.id].held_idr == PRICE


def test_a_declared_deposit_still_counts_as_cash_in_hand(world: World) -> None:
    world.collect(world.months[:1])
    world.declare(PRICE)
    world.collect(world.months[1:2])

    exposure = cash_exposure(world.session, [world.agent.id])[world.agent.id]

    assert (exposure.held_idr, exposure.declared_idr) == (2 * PRICE, PRICE)
    assert exposure.oldest_at is not None
    assert exposure.oldest_at <= clock.now()
    assert exposure.held_idr == journal.balance(world.session, f"cash:agent:{world.agent.id}")


def test_an_agent_without_cash_has_no_exposure(world: World) -> None:
    exposure = cash_exposure(world.session, [world.agent.id])[world.agent.id]

    assert (exposure.held_idr, exposure.declared_idr, exposure.oldest_at) == (0, 0, None)


def test_an_old_page_does_not_pass_a_returned_deposit_off_as_declared(world: World) -> None:
    world.collect(world.months[:1])
    deposit = world.declare(PRICE)
    world.decide(deposit, DepositAction.RETURN, reason="Slip tidak terbaca")

    with pytest.raises(Conflict):
        world.declare(PRICE)


def test_a_returned_deposit_gives_its_payments_back_to_the_agents_hands(world: World) -> None:
    payment = world.collect(world.months[:1])
    deposit = world.declare(PRICE)

    world.decide(deposit, DepositAction.RETURN, reason="Slip tidak terbaca")
    again = world.declare(PRICE, key="setoran-2")

    assert deposit.state is DepositState.RETURNED
    assert payment.deposit_id == again.id


@pytest.mark.parametrize("difference", [-1, 1])
def test_another_count_is_refused_with_the_difference(world: World, difference: int) -> None:
    world.collect(world.months[:1])

    with pytest.raises(OtherCount, match="lebih Rp1" if difference > 0 else "kurang Rp1"):
        world.declare(PRICE + difference)
    deposit = world.declare(PRICE)
    with pytest.raises(OtherCount):
        world.decide(deposit, DepositAction.CONFIRM, counted_idr=PRICE + difference)

    assert deposit.state is DepositState.DECLARED


def test_nobody_confirms_what_he_or_she_declared(world: World) -> None:
    world.collect(world.months[:1])
    deposit = world.declare(actor_id=world.finance.id)

    with pytest.raises(Forbidden, match="orang kedua"):
        world.decide(deposit, DepositAction.CONFIRM, counted_idr=PRICE)


def test_an_agent_who_became_finance_does_not_confirm_own_deposit(world: World) -> None:
    world.collect(world.months[:1])
    other = make_user(world.session, RoleName.FINANCE, office_id=world.agent.office_id)
    world.agent.user_id = other.id
    deposit = world.declare(actor_id=world.finance.id)

    with pytest.raises(Forbidden):
        world.decide(deposit, DepositAction.CONFIRM, actor=other, counted_idr=PRICE)


@pytest.mark.parametrize("role", [RoleName.AGENT, RoleName.AUDITOR])
def test_agents_and_auditors_decide_no_deposit(world: World, role: RoleName) -> None:
    world.collect(world.months[:1])
    deposit = world.declare(PRICE)
    actor = make_user(world.session, role, office_id=world.agent.office_id)

    with pytest.raises(Forbidden):
        world.decide(deposit, DepositAction.CONFIRM, actor=actor, counted_idr=PRICE)


def test_finance_of_another_office_does_not_see_the_deposit(world: World) -> None:
    world.collect(world.months[:1])
    deposit = world.declare(PRICE)
    stranger = make_user(world.session, RoleName.FINANCE, office_id=make_office(world.session).id)

    with pytest.raises(NotFound):
        world.decide(deposit, DepositAction.CONFIRM, actor=stranger, counted_idr=PRICE)


@pytest.mark.parametrize("first", list(DepositAction))
@pytest.mark.parametrize("second", list(DepositAction))
def test_what_was_decided_stays_decided(
    world: World, first: DepositAction, second: DepositAction
) -> None:
    by = {DepositAction.WITHDRAW: world.agent.user}
    world.collect(world.months[:1])
    deposit = world.declare(PRICE)
    world.decide(deposit, first, by.get(first), counted_idr=PRICE, reason="Slip salah")

    with pytest.raises(Conflict):
        world.decide(deposit, second, by.get(second), counted_idr=PRICE, reason="Slip salah")


def test_an_agent_takes_a_deposit_back_as_long_as_nobody_decided(world: World) -> None:
    world.collect(world.months[:1])
    deposit = world.declare(PRICE)

    world.decide(deposit, DepositAction.WITHDRAW, world.agent.user)

    assert deposit.state is DepositState.WITHDRAWN
    assert journal.balance(world.session, f"cash:agent:{world.agent.id}") == PRICE
    exposure = cash_exposure(world.session, [world.agent.id])[world.agent.id]
    assert (exposure.held_idr, exposure.declared_idr) == (PRICE, 0)
    assert world.declare(PRICE, key="setoran-2").state is DepositState.DECLARED
    actions = world.session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)).all()
    assert actions[-2:] == ["deposit.withdrawn", "deposit.declared"]


def test_the_key_of_a_withdrawn_deposit_declares_nothing_again(world: World) -> None:
    world.collect(world.months[:1])
    world.decide(world.declare(PRICE), DepositAction.WITHDRAW, world.agent.user)

    with pytest.raises(Conflict):
        world.declare(PRICE)


def test_only_who_declared_a_deposit_withdraws_it(world: World) -> None:
    world.collect(world.months[:1])
    deposit = world.declare(PRICE)
    colleague = make_agent(world.session, office_id=world.agent.office_id)

    for other in (colleague.user, world.finance):
        with pytest.raises(NotFound):
            world.decide(deposit, DepositAction.WITHDRAW, other)
    assert deposit.state is DepositState.DECLARED


def test_only_a_declared_deposit_can_be_decided() -> None:
    assert {state for state, _ in DEPOSIT_TRANSITIONS} == {DepositState.DECLARED}
    assert {move.to for move in DEPOSIT_TRANSITIONS.values()} == {
        DepositState.CONFIRMED,
        DepositState.RETURNED,
        DepositState.WITHDRAWN,
    }


def test_declaring_with_the_same_key_declares_once(world: World) -> None:
    world.collect(world.months[:1])
    first = world.declare(PRICE)

    assert world.declare(PRICE) is first
    with pytest.raises(Conflict):
        world.declare(PRICE + 1)


def test_a_return_needs_a_reason_and_a_deposit_needs_evidence_and_money(world: World) -> None:
    with pytest.raises(Refused, match="Tidak ada titipan"):
        world.declare(0)
    world.collect(world.months[:1])
    with pytest.raises(Invalid, match="bukti"):
        world.declare(evidence="  ", actor_id=world.finance.id)
    deposit = world.declare(PRICE)

    with pytest.raises(Invalid, match="alasan"):
        world.decide(deposit, DepositAction.RETURN)
    with pytest.raises(Invalid):
        world.decide(deposit, DepositAction.CONFIRM)


def test_one_agents_deposit_takes_no_other_agents_cash(world: World) -> None:
    world.collect(world.months[:1])
    other = World.build(world.session, world.vault)
    other.agent = make_agent(world.session, office_id=world.agent.office_id)
    other.worker.agent_id = other.agent.id
    other.session.flush()

    with pytest.raises(Refused, match="Tidak ada titipan"):
        other.declare(key="setoran-9", actor_id=world.finance.id)
    world.session.rollback()
